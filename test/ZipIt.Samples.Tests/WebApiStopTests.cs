using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using WebApi;

namespace ZipIt.Samples.Tests;

/// <summary>What the service does with clients that are slow, and with those that go on while it stops.</summary>
public sealed class WebApiStopTests(WebApiFixture service) : IClassFixture<WebApiFixture>
{
    private static readonly byte[] Image = ShippedImages.Load(perClass: 1)[0].File;

    [Fact]
    public async Task Stop_UnderLoad_AnswersWhatItHasTaken()
    {
        await using WebApplication app = WebApiProgram.Build(
            "--urls=http://127.0.0.1:0", $"--Model:Path={service.ModelPath}", "--Limits:DrainSeconds=1", "--Logging:LogLevel:Default=None");
        await app.StartAsync();
        var address = new Uri(app.Urls.First());
        int answers = 0, announced = 0;
        Task[] clients = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = address };
            while (true)
            {
                try
                {
                    using HttpResponseMessage response = await client.PostAsync("predict", WebApiFixture.ImageContent(Image));
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                    Interlocked.Increment(ref answers);
                    if (response.Headers.ConnectionClose == true)
                        Interlocked.Increment(ref announced);
                }
                catch (HttpRequestException end) when (end.HttpRequestError == HttpRequestError.ConnectionError)
                {
                    return; // there is nobody to connect to any more; other errors are lost requests
                }
            }
        }))];
        while (Volatile.Read(ref answers) < 50)
            await Task.Delay(10);

        Task stopping = app.StopAsync();
        using var probe = new HttpClient { BaseAddress = address };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await probe.GetAsync("health")).StatusCode);
        await stopping;

        await Task.WhenAll(clients);
        Assert.True(announced > 0);
    }

    [Fact]
    public async Task Predict_ClientThatDawdles_IsCutOff()
    {
        await using WebApplication app = WebApiProgram.Build(
            "--urls=http://127.0.0.1:0", $"--Model:Path={service.ModelPath}", "--Limits:PatienceSeconds=1.1", "--Limits:BytesPerSecond=1000",
            "--Logging:LogLevel:Default=None");
        await app.StartAsync();
        var address = new Uri(app.Urls.First());
        using var slow = new TcpClient();
        await slow.ConnectAsync(address.Host, address.Port);
        NetworkStream stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {Image.Length}\r\n\r\n"));
        await stream.WriteAsync(Image.AsMemory(0, 10));

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var reader = new StreamReader(stream);
        string answer = await reader.ReadToEndAsync(patience.Token);

        Assert.Contains("408", answer);
        using var client = new HttpClient { BaseAddress = address };
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("predict", WebApiFixture.ImageContent(Image))).StatusCode);
    }
}
