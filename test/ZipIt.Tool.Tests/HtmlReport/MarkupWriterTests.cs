using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class MarkupWriterTests
{
    [Fact]
    public void Escape_Markup_BecomesText()
    {
        Assert.Equal("&lt;b a=&quot;1&quot;&gt;&#39;x&#39; &amp;amp; y&lt;/b&gt;", MarkupWriter.Escape("<b a=\"1\">'x' &amp; y</b>"));
    }

    [Fact]
    public void Escape_CharactersThatNoDocumentMayHold_AreReplaced()
    {
        Assert.Equal("a\uFFFDb\uFFFDc\uFFFDd\uFFFD", MarkupWriter.Escape("a\0b\uD83Dc\uDE00d\uFFFF"));
    }

    [Fact]
    public void Escape_CharactersThatTurnTheirSurroundings_AreReplaced()
    {
        Assert.Equal("\uFFFDgnp.exe\uFFFD", MarkupWriter.Escape("\u202Egnp.exe\u2066"));
    }

    [Fact]
    public void Escape_WordsOfAnyLanguage_Stay()
    {
        const string Text = "Kühe, 猫, 🐱, قطة\n\t";
        Assert.Equal(Text, MarkupWriter.Escape(Text));
    }

    [Fact]
    public void Element_AnyText_ReadsBackAsText()
    {
        Prop.ForAll<string>(text =>
        {
            text ??= "";
            var writer = new StringWriter();
            var markup = new MarkupWriter(writer);
            using (markup.Open("a", ("b", text), ("c", null)))
                markup.Element("d", text);
            XElement read = XElement.Parse(writer.ToString(), LoadOptions.PreserveWhitespace);
            Assert.Equal(["b"], read.Attributes().Select(attribute => attribute.Name.LocalName));
            Assert.Equal("d", Assert.Single(read.Elements()).Name.LocalName);
            Assert.Equal(text.Length, read.Value.Length);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1.0 / 3, "0.33")]
    [InlineData(-0.001, "0")]
    [InlineData(1e6, "1000000")]
    [InlineData(-2.5, "-2.5")]
    public void Number_Value_IsShortAndInvariant(double value, string expected) => Assert.Equal(expected, MarkupWriter.Number(value));
}
