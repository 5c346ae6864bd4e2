using Broker.Server.Config;
using CsCheck;

namespace Broker.Server.Tests.Config;

public class PropertiesFileTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("  a = b ", "a", "b ")]
    [InlineData("a:b", "a", "b")]
    [InlineData("a b c", "a", "b c")]
    [InlineData("a\t:  b", "a", "b")]
    [InlineData("a=", "a", "")]
    [InlineData("a", "a", "")]
    [InlineData("a = = b", "a", "= b")]
    [InlineData("a\\=b=c", "a=b", "c")]
    [InlineData("a\\ b=c", "a b", "c")]
    [InlineData("a=x\\\n   y\\\n\tz", "a", "xyz")]
    [InlineData("a=x\\\\\nb=c", "a", "x\\")]
    [InlineData("a=\\u00e9\\t\\n\\z", "a", "é\t\nz")]
    [InlineData("# c\n! d\n\n \t\na=b", "a", "b")]
    [InlineData("a=b # no comment", "a", "b # no comment")]
    [InlineData("a=x\\", "a", "x")]
    [InlineData("a=b\r\nc=d", "a", "b")]
    public void Reads_as_Java_does(string text, string key, string value)
    {
        KeyValuePair<string, string> first = PropertiesFile.Parse(text)[0];
        (first.Key, first.Value).ShouldBe((key, value));
    }

    [Theory]
    [InlineData("a=\\u12")]
    [InlineData("a=\\uzzzz")]
    public void A_broken_escape_is_refused(string text) => Should.Throw<ConfigException>(() => PropertiesFile.Parse(text));

    [Fact]
    public void Any_text_is_read_or_refused() => Gen.String.Sample(text =>
    {
        try
        {
            PropertiesFile.Parse(text);
        }
        catch (ConfigException)
        {
            // A named error.
        }
    });
}
