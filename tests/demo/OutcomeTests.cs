using System.CommandLine;
using Game.Cli;

namespace Game.Demo.Tests;

/// <summary>A verb that fails ends with one sentence for its user and an exit code.</summary>
[Collection(GameHome.Name)]
public sealed class OutcomeTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _errors.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task A_bug_of_the_program_is_one_sentence_that_names_the_file_with_the_details()
    {
        (await RunAsync(new InvalidOperationException("Sequence contains no elements.\nA second line."))).ShouldBe(1);
        _errors.ToString().ShouldBe(
            $"game: This should not have happened: Sequence contains no elements (InvalidOperationException); the details are in {_home["error.log"]}.\n");
        string details = await File.ReadAllTextAsync(_home["error.log"], TestContext.Current.CancellationToken);
        details.ShouldContain(" ./game fail --hard\n");
        details.ShouldContain("System.InvalidOperationException: Sequence contains no elements.\nA second line.\n   at ");
        details.ShouldContain(nameof(OutcomeTests));
    }

    [Fact]
    public async Task A_bug_of_the_program_is_one_sentence_even_if_the_details_cannot_be_written()
    {
        Directory.CreateDirectory(_home["error.log"]);
        (await RunAsync(new InvalidOperationException("Sequence contains no elements."))).ShouldBe(1);
        _errors.ToString().ShouldStartWith("game: This should not have happened: Sequence contains no elements (InvalidOperationException); the details ");
        _errors.ToString().ShouldContain("cannot be written to a file: ");
        _errors.ToString().TrimEnd('\n').ShouldNotContain('\n');
    }

    [Fact]
    public async Task An_error_that_the_user_can_correct_is_its_own_sentence_and_leaves_no_file()
    {
        (await RunAsync(new UserErrorException("There is nothing to query yet."))).ShouldBe(1);
        _errors.ToString().ShouldBe("game: There is nothing to query yet.\n");
        File.Exists(_home["error.log"]).ShouldBeFalse();
    }

    [Fact]
    public async Task An_interrupt_ends_with_130_for_any_exception_that_it_causes()
    {
        using CancellationTokenSource interrupt = new();
        await interrupt.CancelAsync();
        (await RunAsync(new InvalidOperationException("The child has exited."), interrupt.Token)).ShouldBe(130);
        _errors.ToString().ShouldBeEmpty();
    }

    private Task<int> RunAsync(Exception failure, CancellationToken interrupt = default)
    {
        Command fail = new("fail") { new Option<bool>("--hard") };
        fail.SetAction(Throw);
        return Outcome.OfAsync(new Command("./game") { fail }, ["fail", "--hard"], _errors, interrupt);

        Task<int> Throw(ParseResult parsed, CancellationToken cancellation) => throw failure;
    }
}
