namespace Game.Contracts.Tests;

/// <summary>A player's text is made safe for a terminal.</summary>
public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain, größer, 日本, 👩‍🚀", "plain, größer, 日本, 👩‍🚀")]
    [InlineData("esc\u001b]0;title\u0007u", @"esc\u001b]0;title\u0007u")]
    [InlineData("\0\b\u007f", @"\u0000\u0008\u007f")]
    [InlineData("\u009b31m", @"\u009b31m")]
    [InlineData("two\r\nlines\tand a tab", @"two\r\nlines\tand a tab")]
    [InlineData("abc\u202etxt.exe\u2069\u200f", @"abc\u202etxt.exe\u2069\u200f")]
    [InlineData("a\u2028b", @"a\u2028b")]
    public void Control_characters_are_escaped(string text, string shown) => VisibleText.Escape(text).ShouldBe(shown);

    [Fact]
    public void Half_a_surrogate_pair_is_escaped() => VisibleText.Escape("a\ud83dz\udc69").ShouldBe(@"a\ud83dz\udc69");

    [Fact]
    public void Line_ends_stay_in_text_of_several_lines() => VisibleText.EscapeLines("one\ntwo\r\n\u001b[2J").ShouldBe("one\ntwo\\r\n\\u001b[2J");

    [Fact]
    public void No_control_character_remains()
    {
        string all = string.Concat(Enumerable.Range(0, char.MaxValue + 1).Select(code => (char)code));
        VisibleText.Escape(all).ShouldAllBe(c => !char.IsControl(c));
    }
}
