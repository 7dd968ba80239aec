using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using WebApi;

namespace ZipIt.Samples.Tests;

/// <summary>The service on a free port, with a model that it has made itself.</summary>
public sealed class WebApiFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zipit-webapi-").FullName;
    private WebApplication? _app;

    /// <summary>Path of the model.</summary>
    public string ModelPath => Path.Combine(_folder, "zipped.mlnet");

    public async Task InitializeAsync()
    {
        _app = WebApiProgram.Build(
            "--urls=http://127.0.0.1:0",
            $"--Model:MadeAt={ModelPath}",
            "--Limits:RequestBytes=100000",
            "--Limits:ConcurrentPredictions=4",
            "--Logging:LogLevel:Default=Warning");
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _app!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A client with connections of its own.</summary>
    public HttpClient CreateClient() => new() { BaseAddress = new Uri(_app!.Urls.First()) };

    /// <summary>The body of a request that is an image.</summary>
    public static HttpContent ImageContent(byte[] file, string type = "image/png") =>
        new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
}
