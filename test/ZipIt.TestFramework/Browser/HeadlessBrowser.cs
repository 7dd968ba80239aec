using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZipIt.TestFramework;

/// <summary>A Chromium without windows, driven through its DevTools protocol over a web socket.</summary>
public sealed class HeadlessBrowser : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private static readonly Lazy<string?> Installed = new(() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(path => File.Exists(path) && Runs(path)));

    private readonly Process _process;
    private readonly DirectoryInfo _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _pending = [];
    private readonly ConcurrentDictionary<string, BrowserPage> _pages = [];
    private Task _receiving = Task.CompletedTask;
    private int _lastId;

    private HeadlessBrowser(Process process, DirectoryInfo profile) => (_process, _profile) = (process, profile);

    /// <summary>Path of a browser that is installed and runs; null if there is none.</summary>
    public static string? FindExecutable() => Installed.Value;

    /// <summary>Starts a browser with a fresh profile.</summary>
    /// <param name="executable">Its path.</param>
    /// <exception cref="InvalidOperationException">It ended, or did not answer in a minute.</exception>
    public static async Task<HeadlessBrowser> StartAsync(string executable)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("zipit-browser-");
        var start = new ProcessStartInfo(executable) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--no-default-browser-check",
            "--disable-extensions", "--disable-sync", "--disable-component-update", "--disable-background-networking", $"--user-data-dir={profile.FullName}",
            "--remote-debugging-port=0",
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        if (Environment.IsPrivilegedProcess)
            start.ArgumentList.Add("--no-sandbox"); // the sandbox refuses to run as root
        start.ArgumentList.Add("about:blank");
        var browser = new HeadlessBrowser(Process.Start(start)!, profile);
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a page and waits until it is loaded.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="width">Width of the window in pixels.</param>
    /// <param name="height">Height of the window in pixels.</param>
    /// <param name="isDark">Whether the page is told that its reader likes dark colours.</param>
    public async Task<BrowserPage> OpenAsync(Uri address, int width, int height, bool isDark = false)
    {
        JsonNode target = await SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        JsonNode attached = await SendAsync("Target.attachToTarget",
            new JsonObject { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true });
        string session = attached["sessionId"]!.GetValue<string>();
        var page = new BrowserPage(this, session);
        _pages[session] = page;
        await page.LoadAsync(address, width, height, isDark).WaitAsync(LongestWait);
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _receiving;
        _process.Dispose();
        _socket.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A process of the browser's is still about to end; the folder is in the system's temporary one.
        }
    }

    /// <summary>Sends a command and waits for its result.</summary>
    internal async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null, string? session = null)
    {
        int id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (session is not null)
            message["sessionId"] = session;
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, _end.Token);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(LongestWait);
    }

    /// <summary>Whether a program can tell its version: one of which a library is missing cannot.</summary>
    private static bool Runs(string path)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(LongestWait))
                return process.ExitCode == 0;
            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private async Task ConnectAsync()
    {
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        var said = new List<string>();
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                address.TrySetException(new InvalidOperationException($"The browser ended before it answered. It said: {string.Join(' ', said)}"));
            else if (line.Data.StartsWith(Announcement, StringComparison.Ordinal))
                address.TrySetResult(new Uri(line.Data[Announcement.Length..].Trim()));
            else if (!address.Task.IsCompleted)
                said.Add(line.Data);
        };
        _process.BeginErrorReadLine();
        try
        {
            await _socket.ConnectAsync(await address.Task.WaitAsync(LongestWait), _end.Token);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"The browser did not answer in {LongestWait.TotalSeconds:0} s. It said: {string.Join(' ', said)}");
        }

        _receiving = ReceiveAsync();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[1 << 16];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                message.SetLength(0);
                WebSocketReceiveResult piece;
                do
                {
                    piece = await _socket.ReceiveAsync(buffer, _end.Token);
                    message.Write(buffer, 0, piece.Count);
                }
                while (!piece.EndOfMessage);
                if (piece.MessageType == WebSocketMessageType.Close)
                    break;
                Dispatch(JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // The browser has ended, or was told to.
        }

        foreach (TaskCompletionSource<JsonNode> waiting in _pending.Values)
            waiting.TrySetException(new InvalidOperationException("The browser has ended."));
    }

    private void Dispatch(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (!_pending.TryRemove(id.GetValue<int>(), out TaskCompletionSource<JsonNode>? waiting))
                return;
            if (message["error"] is { } error)
                waiting.TrySetException(new InvalidOperationException($"The browser refuses: {error["message"]}"));
            else
                waiting.TrySetResult(message["result"]!);
        }
        else if (message["sessionId"]?.GetValue<string>() is { } session && _pages.TryGetValue(session, out BrowserPage? page))
        {
            page.Receive(message["method"]!.GetValue<string>(), message["params"]!);
        }
    }
}
