using System.CommandLine;
using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Addresses;
using Game.GameServer.Following;
using Game.GameServer.Publishing;
using Game.GameServer.Telemetry;
using Microsoft.AspNetCore.DataProtection;

namespace Game.GameServer.Hosting;

/// <summary>The process: from the command line to the exit code.</summary>
internal static class GameServerProcess
{
    public const int Failure = 1;
    private const int Success = 0;
    private const int UsageError = 2;

    public static async Task<int> RunAsync(string[] arguments, Func<IServiceProvider, IAccounts>? accounts, CancellationToken stop)
    {
        CommandLine commandLine = new(hasOwnAccounts: accounts is not null);
        commandLine.Root.SetAction((parsed, cancelled) => ServeAsync(commandLine, parsed, accounts, cancelled));
        ParseResult result = commandLine.Root.Parse(commandLine.WithEnvironment(arguments, Environment.GetEnvironmentVariable));
        if (result.Errors.Count > 0 && result.Action is not System.CommandLine.Help.HelpAction)
        {
            await Console.Error.WriteLineAsync($"game-server: {result.Errors[0].Message} See game-server --help.");
            return UsageError;
        }

        return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop);
    }

    private static async Task<int> ServeAsync(CommandLine commandLine, ParseResult parsed, Func<IServiceProvider, IAccounts>? accounts, CancellationToken stop)
    {
        await ServeAsync(commandLine.ToOptions(parsed), accounts, TimeProvider.System, stop);
        return Success;
    }

    private static async Task ServeAsync(GameServerOptions options, Func<IServiceProvider, IAccounts>? accounts, TimeProvider time, CancellationToken stop)
    {
        await using WebApplication app = GameServerApp.Build(options, time, services =>
        {
            AddKafka(services, options);
            if (accounts is not null)
            {
                services.AddSingleton(accounts);
            }
        });
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Game.GameServer");
        log.AddressTableRead(app.Services.GetRequiredService<AddressTable>().Prefixes);
        await KeyRing.PrepareAsync(app.Services.GetRequiredService<IDataProtectionProvider>(), options.Keys, time);
        await TopicSetup.EnsureAsync(app.Services.GetRequiredService<IAdminClient>(), [new Topics(options.Partitions)[Topics.PlayerEvents]], log.TopicWeak);
        app.Services.GetRequiredService<IEventPublisher>();
        app.Services.GetRequiredService<IAccounts>();
        await app.StartAsync(stop);
        log.Listening(options.ServerId, string.Join(' ', app.Urls), options.BootstrapServers);
        await app.WaitForShutdownAsync(stop);
    }

    private static void AddKafka(IServiceCollection services, GameServerOptions options)
    {
        services.AddSingleton<IAdminClient>(provider => MakeAdmin(options, provider.GetRequiredService<ILogger<BrokerProbe>>()));
        services.AddSingleton<IBrokerProbe, BrokerProbe>();
        services.AddSingleton<IProducerFactory>(provider => new ProducerFactory(
            options.BootstrapServers, options.ServerId, options.PublishTimeout, provider.GetRequiredService<ILogger<ProducerFactory>>()));
        services.AddSingleton<IEventPublisher, KafkaEventPublisher>();
        services.AddSingleton(new FollowerLimits(options.Partitions, options.RememberedEvents));
        services.AddSingleton<IConsumerFactory>(provider => new ConsumerFactory(
            options.BootstrapServers, options.ServerId, provider.GetRequiredService<ILogger<ConsumerFactory>>()));
        services.AddHostedService<LogFollower>();
    }

    private static IAdminClient MakeAdmin(GameServerOptions options, ILogger log)
        => new AdminClientBuilder(ClientSettings.Admin(options.BootstrapServers, options.ServerId))
            .SetErrorHandler((_, error) => log.ClientError(error.Reason))
            .SetLogHandler((_, _) => { }) // the producer's client logs the same
            .Build();

    /// <summary>One sentence for the user about the exception that ended the process.</summary>
    public static string Sentence(Exception e) => e switch
    {
        StartException or TopicMismatchException => e.Message,
        KafkaException kafka => $"The brokers cannot be used: {kafka.Error.Reason}.",
        IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException => e.Message,
        _ => $"It failed: {e.GetBaseException().GetType().Name}: {e.GetBaseException().Message}",
    };
}
