using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace ZipIt.TestFramework;

/// <summary>A page that is open in a <see cref="HeadlessBrowser"/>, with all that it asked for and complained of.</summary>
public sealed class BrowserPage
{
    private readonly HeadlessBrowser _browser;
    private readonly string _session;
    private readonly ConcurrentQueue<string> _messages = [];
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal BrowserPage(HeadlessBrowser browser, string session) => (_browser, _session) = (browser, session);

    /// <summary>What the page wrote to the console and what the browser reported of it, e.g. errors and violated policies.</summary>
    public IReadOnlyCollection<string> Messages => _messages;

    /// <summary>The addresses that were asked for, the page's own among them.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Computes an expression in the page.</summary>
    /// <typeparam name="T">Type of its value.</typeparam>
    /// <param name="expression">JavaScript, of the test and not of the page.</param>
    public async Task<T> EvaluateAsync<T>(string expression)
    {
        JsonNode answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true });
        return answer["exceptionDetails"] is { } details
            ? throw new InvalidOperationException($"'{expression}' failed: {details}")
            : answer["result"]!["value"]!.GetValue<T>();
    }

    /// <summary>A picture of the whole page as a PNG file.</summary>
    public async Task<byte[]> TakePictureAsync()
    {
        JsonNode answer = await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = true });
        return Convert.FromBase64String(answer["data"]!.GetValue<string>());
    }

    /// <summary>The page as it is printed, as a PDF file.</summary>
    public async Task<byte[]> PrintAsync()
    {
        JsonNode answer = await SendAsync("Page.printToPDF", new JsonObject { ["printBackground"] = true });
        return Convert.FromBase64String(answer["data"]!.GetValue<string>());
    }

    /// <summary>Lets the page look as on another medium.</summary>
    /// <param name="medium">print or screen.</param>
    public async Task UseMediaAsync(string medium) => await SendAsync("Emulation.setEmulatedMedia", new JsonObject { ["media"] = medium });

    /// <summary>Loads an address.</summary>
    internal async Task LoadAsync(Uri address, int width, int height, bool isDark)
    {
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network"])
            await SendAsync($"{domain}.enable");
        await SendAsync("Emulation.setDeviceMetricsOverride",
            new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
        await SendAsync("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }),
        });
        JsonNode answer = await SendAsync("Page.navigate", new JsonObject { ["url"] = address.AbsoluteUri });
        if (answer["errorText"] is { } error)
            throw new InvalidOperationException($"'{address}' cannot be opened: {error}");
        await _loaded.Task;
        await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = "document.fonts.ready.then(() => 0)", ["awaitPromise"] = true });
    }

    /// <summary>Takes what the browser tells of the page.</summary>
    internal void Receive(string method, JsonNode parameters)
    {
        switch (method)
        {
            case "Runtime.consoleAPICalled":
                _messages.Enqueue($"{parameters["type"]}: {parameters["args"]}");
                break;
            case "Runtime.exceptionThrown":
                _messages.Enqueue($"exception: {parameters["exceptionDetails"]}");
                break;
            case "Log.entryAdded":
                _messages.Enqueue($"{parameters["entry"]!["level"]}: {parameters["entry"]!["text"]}");
                break;
            case "Page.javascriptDialogOpening":
                _messages.Enqueue($"dialog: {parameters["message"]}");
                break;
            case "Network.requestWillBeSent":
                _requests.Enqueue(parameters["request"]!["url"]!.GetValue<string>());
                break;
            case "Page.loadEventFired":
                _loaded.TrySetResult();
                break;
            default:
                break;
        }
    }

    private Task<JsonNode> SendAsync(string method, JsonObject? parameters = null) => _browser.SendAsync(method, parameters, _session);
}
