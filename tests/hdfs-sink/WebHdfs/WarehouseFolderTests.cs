using Game.WebHdfs;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>The values that the option --warehouse accepts, in every program.</summary>
public sealed class WarehouseFolderTests
{
    [Theory]
    [InlineData("/warehouse", "/warehouse")]
    [InlineData("/warehouse/", "/warehouse")]
    [InlineData("/data/game//", "/data/game")]
    public void A_folder_is_accepted_with_or_without_a_slash_at_its_end(string text, string folder) => WarehouseFolder.Parse(text).ShouldBe(folder);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("warehouse")]
    [InlineData("/a//b")]
    [InlineData("/a/../b")]
    [InlineData("/a/.")]
    [InlineData("/a:b")]
    [InlineData("/a\u001b[2J")]
    public void Anything_else_is_refused_in_a_sentence(string? text)
        => Should.Throw<FormatException>(() => WarehouseFolder.Parse(text)).Message
            .ShouldStartWith("--warehouse takes the path of a folder of HDFS such as /warehouse, not '");
}
