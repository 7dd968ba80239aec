using System.Globalization;
using System.Text.Json;
using ZipIt.TestFramework;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

/// <summary>Reports in a real browser: wide and narrow, light and dark, printed, and with names that attack it.</summary>
public class ReportInBrowserTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    /// <summary>Text whose colour is too near to that of its ground, by the rule of the Web Content Accessibility Guidelines (4.5 : 1).</summary>
    private const string FindFaintText = """
        (() => {
          const channels = color => color.match(/[\d.]+/g).map(Number);
          const light = color => channels(color).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4))
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = node => {
            for (; node; node = node.parentElement) {
              const color = getComputedStyle(node).backgroundColor, parts = channels(color);
              if (parts.length < 4 || parts[3] > 0) return color;
            }
            return 'rgb(255, 255, 255)';
          };
          const faint = [];
          for (const node of document.querySelectorAll('body *')) {
            const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
            if (!own || ['title', 'desc'].includes(node.tagName) || node.classList.contains('count')) continue;
            const style = getComputedStyle(node), ink = node.ownerSVGElement ? style.fill : style.color;
            const [a, b] = [light(ink), light(ground(node))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(node.tagName + '.' + node.getAttribute('class') + ' ' + ink + ' on ' + ground(node));
          }
          return faint.join('; ');
        })()
        """;

    [BrowserFact]
    public Task Report_WideAndLight_IsClean() => CheckAsync(1280, isDark: false);

    [BrowserFact]
    public Task Report_WideAndDark_IsClean() => CheckAsync(1280, isDark: true);

    [BrowserFact]
    public Task Report_NarrowAndLight_IsClean() => CheckAsync(390, isDark: false);

    [BrowserFact]
    public Task Report_NarrowAndDark_IsClean() => CheckAsync(390, isDark: true);

    [BrowserFact]
    public async Task Report_OfAMerge_ShowsWhatTheCommandMeasured()
    {
        string path = browser.NextPath();
        JsonElement result = ToolRun.Good("merge", SampleData.Models, "--calibration", SampleData.Images, "--images", SampleData.Images,
            "--max-calibration", "40", "--method", "paper", "--cut", "13", "--report", path, "-o", Path.ChangeExtension(path, ".onnx"), "--json").Json;
        BrowserPage page = await browser.OpenAsync(path, 390, isDark: true);
        Assert.Empty(page.Messages);
        Assert.Equal(390, await page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
        Assert.Equal(12, await page.EvaluateAsync<int>("document.images.length"));
        string joint = await page.EvaluateAsync<string>(
            "[...document.querySelectorAll('tbody tr')].find(row => row.cells[0].innerText === 'zipped').cells[1].innerText");
        JsonElement measured = result.GetProperty("evaluation").EnumerateArray().Last();
        Assert.Equal((100 * measured.GetProperty("joint").GetDouble()).ToString("0.0", CultureInfo.InvariantCulture), joint);
    }

    [BrowserFact]
    public async Task Report_HostileNames_RunNothingAndFitThePage()
    {
        BrowserPage page = await browser.OpenAsync(SampleReports.CreateFull(SampleReports.Hostile + new string('x', 800)), 390, isDark: false);
        Assert.Empty(page.Messages);
        Assert.Single(page.Requests, address => !address.StartsWith("data:", StringComparison.Ordinal));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.scripts.length + document.querySelectorAll('[onerror]').length"));
        Assert.Equal(390, await page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
    }

    [BrowserFact]
    public async Task Report_HundredClasses_FitsThePage()
    {
        BrowserPage page = await browser.OpenAsync(SampleReports.CreateFull(classes: 100), 390, isDark: true);
        Assert.Empty(page.Messages);
        Assert.Equal(390, await page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
    }

    [BrowserFact]
    public async Task Report_Policy_StopsWhateverWouldBeAdded()
    {
        BrowserPage page = await browser.OpenAsync(new ReportDocument("Policy"), 1280, isDark: false);
        await page.EvaluateAsync<string>("""
            (() => {
              const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/a.png'; document.body.append(image);
              const script = document.createElement('script'); script.textContent = 'document.title = "taken"'; document.body.append(script);
              const style = document.createElement('style'); style.textContent = 'body { display: none }'; document.head.append(style);
              return 'tried';
            })()
            """);
        Assert.Equal("Policy", await page.EvaluateAsync<string>("document.title"));
        Assert.Equal("block", await page.EvaluateAsync<string>("getComputedStyle(document.body).display"));
        for (int wait = 0; wait < 100 && page.Messages.Count < 3; wait++)
            await Task.Delay(50);
        Assert.Equal(3, page.Messages.Count(message => message.Contains("Content Security Policy", StringComparison.Ordinal)));
    }

    [BrowserFact]
    public async Task Report_Printed_OpensAllTables()
    {
        BrowserPage page = await browser.OpenAsync(SampleReports.CreateFull(), 1280, isDark: true);
        byte[] file = await page.PrintAsync();
        Assert.Equal("%PDF-"u8, file.AsSpan(0, 5));
        Assert.True(await page.EvaluateAsync<bool>("[...document.querySelectorAll('details')].every(one => !one.open)"));
        await page.UseMediaAsync("print");
        Assert.True(await page.EvaluateAsync<bool>(
            "[...document.querySelectorAll('details table')].every(one => one.getBoundingClientRect().height > 0 && one.checkVisibility())"));
        Assert.Equal("rgb(24, 32, 44)", await page.EvaluateAsync<string>("getComputedStyle(document.body).color"));
    }

    private async Task CheckAsync(int width, bool isDark)
    {
        BrowserPage page = await browser.OpenAsync(SampleReports.CreateFull(), width, isDark);
        Assert.Empty(page.Messages);
        string address = Assert.Single(page.Requests, one => !one.StartsWith("data:", StringComparison.Ordinal));
        Assert.StartsWith("file:", address, StringComparison.Ordinal);
        Assert.Equal(width, await page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
        Assert.Equal(isDark ? "rgb(14, 18, 24)" : "rgb(244, 246, 249)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Equal(width < 700, await page.EvaluateAsync<bool>(
            "document.querySelector('.upright').checkVisibility() && !document.querySelector('.flat').checkVisibility()"));
        Assert.True(await page.EvaluateAsync<bool>("[...document.images].every(image => image.complete && image.naturalWidth > 0)"));
        Assert.Equal("", await page.EvaluateAsync<string>(FindFaintText));
    }
}
