using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using SkiaSharp;
using WebApi;

namespace ZipIt.Samples.Tests;

public sealed class WebApiTests(WebApiFixture service) : IClassFixture<WebApiFixture>
{
    private static readonly (string Label, byte[] File)[] Images = ShippedImages.Load(perClass: 4);

    [Fact]
    public async Task Predict_ManyClientsAtOnce_AnswersAsToOneClientAlone()
    {
        using HttpClient single = service.CreateClient();
        var expected = new List<string>();
        foreach ((_, byte[] file) in Images)
            expected.Add(await PostAsync(single, file));

        Task<string[]>[] clients = [.. Enumerable.Range(0, 8).Select(offset => Task.Run(async () =>
        {
            using HttpClient client = service.CreateClient();
            var answers = new string[Images.Length];
            for (int i = 0; i < Images.Length; i++)
            {
                int image = (i + 5 * offset) % Images.Length;
                answers[image] = await PostAsync(client, Images[image].File);
                if (offset % 2 == 0)
                    Assert.Equal(HttpStatusCode.BadRequest,
                        (await client.PostAsync("predict", WebApiFixture.ImageContent(Images[image].File[..^20]))).StatusCode);
            }

            return answers;
        }))];

        foreach (string[] answers in await Task.WhenAll(clients))
            Assert.Equal(expected, answers);
    }

    [Fact]
    public async Task Predict_ShippedImages_GivesSensibleLabels()
    {
        using HttpClient client = service.CreateClient();
        int joint = 0, own = 0;
        foreach ((string label, byte[] file) in Images)
        {
            Classification answer = await ClassifyAsync(client, WebApiFixture.ImageContent(file));
            joint += answer.Label == label ? 1 : 0;
            own += answer.Tasks.Any(task => task.Label == label) ? 1 : 0;

            Assert.Equal(10, answer.Scores.Count);
            Assert.Equal(1, answer.Scores.Values.Sum(), 1e-4);
            Assert.Equal(answer.Scores.MaxBy(score => score.Value).Key, answer.Label);
            Assert.Equal(answer.Scores.Values.Max(), answer.Probability);
            Assert.Equal(["A", "B"], answer.Tasks.Select(task => task.Task));
            Assert.All(answer.Tasks, task => Assert.InRange(task.Probability, 0.2f, 1f));
            Assert.Contains(answer.Tasks, task => task.Task == answer.Task && task.Label == answer.Label);
        }

        Assert.InRange(joint, 0.5 * Images.Length, Images.Length);
        Assert.InRange(own, 0.65 * Images.Length, Images.Length);
    }

    [Fact]
    public async Task Predict_Jpeg_AnswersAlmostAsToThePng()
    {
        using HttpClient client = service.CreateClient();
        byte[] png = Images[^1].File, jpeg = ToJpeg(png);
        Classification expected = await ClassifyAsync(client, WebApiFixture.ImageContent(png));

        Classification answer = await ClassifyAsync(client, WebApiFixture.ImageContent(jpeg, "image/jpeg"));

        Assert.Equal(expected.Label, answer.Label);
        Assert.Equal(expected.Probability, answer.Probability, 0.05f);
        await ExpectProblemAsync(HttpStatusCode.BadRequest, await client.PostAsync("predict", WebApiFixture.ImageContent(jpeg[..^20], "image/jpeg")));
    }

    [Fact]
    public async Task Predict_Form_AnswersAsToABody()
    {
        using HttpClient client = service.CreateClient();
        using var form = new MultipartFormDataContent { { WebApiFixture.ImageContent(Images[0].File), "image", "image.png" } };

        string answer = await (await client.PostAsync("predict", form)).Content.ReadAsStringAsync();

        Assert.Equal(await PostAsync(client, Images[0].File), answer);
    }

    [Fact]
    public async Task Predict_CutImage_GivesBadRequest()
    {
        using HttpClient client = service.CreateClient();
        byte[] file = Images[0].File;
        for (int length = 0; length < file.Length; length += 61)
            await ExpectProblemAsync(HttpStatusCode.BadRequest, await client.PostAsync("predict", WebApiFixture.ImageContent(file[..length])));
    }

    [Fact]
    public async Task Predict_ChangedImage_GivesBadRequest()
    {
        using HttpClient client = service.CreateClient();
        for (int at = 0; at < Images[0].File.Length; at += 61)
        {
            byte[] file = [.. Images[0].File];
            file[at] ^= 0x20;
            await ExpectProblemAsync(HttpStatusCode.BadRequest, await client.PostAsync("predict", WebApiFixture.ImageContent(file)));
        }
    }

    [Fact]
    public async Task Predict_ImageThatClaimsToBeHuge_GivesBadRequestBeforeItIsDecoded()
    {
        using HttpClient client = service.CreateClient();
        byte[] file = [.. Images[0].File];
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), 60_000);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), 60_000);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), PngChecksum.Of(file.AsSpan(12, 17)));

        string problem = await ExpectProblemAsync(HttpStatusCode.BadRequest, await client.PostAsync("predict", WebApiFixture.ImageContent(file)));

        Assert.Contains("60000", problem);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data", HttpStatusCode.BadRequest)]
    [InlineData("multipart/form-data; boundary=x", HttpStatusCode.BadRequest)]
    public async Task Predict_OtherContent_IsRefused(string? type, HttpStatusCode status)
    {
        using HttpClient client = service.CreateClient();
        var content = new ByteArrayContent(Images[0].File);
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);

        await ExpectProblemAsync(status, await client.PostAsync("predict", content));
    }

    [Fact]
    public async Task Predict_FormWithoutFile_GivesBadRequest()
    {
        using HttpClient client = service.CreateClient();
        using var form = new MultipartFormDataContent { { new StringContent("no image"), "image" } };

        await ExpectProblemAsync(HttpStatusCode.BadRequest, await client.PostAsync("predict", form));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Predict_LargerThanAllowed_GivesContentTooLarge(bool isForm)
    {
        using HttpClient client = service.CreateClient();
        HttpContent image = WebApiFixture.ImageContent(new byte[100_001]);
        using HttpContent content = isForm ? new MultipartFormDataContent { { image, "image", "image.png" } } : image;
        using var request = new HttpRequestMessage(HttpMethod.Post, "predict") { Content = content, Headers = { ExpectContinue = true } };

        await ExpectProblemAsync(HttpStatusCode.RequestEntityTooLarge, await client.SendAsync(request));
    }

    [Fact]
    public async Task Predict_ClientThatLeaves_DisturbsNobody()
    {
        using HttpClient leaving = service.CreateClient();
        using var leave = new CancellationTokenSource();
        var body = new Pipe();
        await body.Writer.WriteAsync(Images[0].File.AsMemory(0, 500));
        var content = new StreamContent(body.Reader.AsStream()) { Headers = { ContentType = new("image/png") } };
        Task<HttpResponseMessage> unfinished = leaving.PostAsync("predict", content, leave.Token);

        using HttpClient client = service.CreateClient();
        await PostAsync(client, Images[0].File);
        Assert.False(unfinished.IsCompleted);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unfinished);
        await PostAsync(client, Images[0].File);
    }

    [Fact]
    public async Task Predict_NoTurnFree_GivesServiceUnavailable()
    {
        await using WebApplication app = WebApiProgram.Build(
            "--urls=http://127.0.0.1:0",
            $"--Model:Path={service.ModelPath}",
            "--Limits:ConcurrentPredictions=1",
            "--Limits:WaitingPredictions=0",
            "--Logging:LogLevel:Default=Warning");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using (app.Services.GetRequiredService<RateLimiter>().AttemptAcquire())
        {
            HttpResponseMessage refusal = await client.PostAsync("predict", WebApiFixture.ImageContent(Images[0].File));
            await ExpectProblemAsync(HttpStatusCode.ServiceUnavailable, refusal);
            Assert.Equal(TimeSpan.FromSeconds(1), refusal.Headers.RetryAfter?.Delta);
        }

        await PostAsync(client, Images[0].File);
    }

    [Fact]
    public async Task Labels_Always_ListsTheClassesOfEachTask()
    {
        using HttpClient client = service.CreateClient();

        TaskLabels[]? tasks = await client.GetFromJsonAsync<TaskLabels[]>("labels");

        Assert.Equal(["A", "B"], tasks!.Select(task => task.Task));
        Assert.Equal(["airplane", "bird", "deer", "frog", "ship"], tasks![0].Labels);
        Assert.Equal(["automobile", "cat", "dog", "horse", "truck"], tasks![1].Labels);
    }

    [Fact]
    public async Task Health_AfterStart_IsHealthy()
    {
        using HttpClient client = service.CreateClient();

        Assert.Equal("Healthy", await client.GetStringAsync("health"));
    }

    [Fact]
    public async Task Build_GivenModel_ServesIt()
    {
        await using WebApplication app =
            WebApiProgram.Build("--urls=http://127.0.0.1:0", $"--Model:Path={service.ModelPath}", "--Logging:LogLevel:Default=Warning");
        await app.StartAsync();
        using var other = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using HttpClient client = service.CreateClient();

        Assert.Equal(await PostAsync(client, Images[7].File), await PostAsync(other, Images[7].File));
    }

    [Fact]
    public void Build_MissingModel_SaysWhichSettingNamesIt()
    {
        var error = Assert.Throws<FileNotFoundException>(() => WebApiProgram.Build("--Model:Path=no-such.zip", "--Logging:LogLevel:Default=None"));

        Assert.Contains("no-such.zip", error.Message);
        Assert.Contains("Model:Path", error.Message);
    }

    [Fact]
    public void Build_FileThatIsNoModel_SaysSo()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Images[0].File);

            var error = Assert.Throws<InvalidDataException>(() => WebApiProgram.Build($"--Model:Path={path}", "--Logging:LogLevel:Default=None"));

            Assert.Contains(path, error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Build_MadeModelThatCannotBeLoaded_MakesItAnew()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, File.ReadAllBytes(service.ModelPath).AsSpan(..^1000));

            await using WebApplication app = WebApiProgram.Build("--urls=http://127.0.0.1:0", $"--Model:MadeAt={path}", "--Logging:LogLevel:Default=None");
            await app.StartAsync();
            using var other = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            using HttpClient client = service.CreateClient();

            Assert.Equal(await PostAsync(client, Images[7].File), await PostAsync(other, Images[7].File));
            Assert.NotNull(new MLContext().Model.Load(path, out _));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Check_Jpeg_ReadsItsSizeAndNoticesWhatIsMissing()
    {
        byte[] jpeg =
        [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, // a segment of its own
            0xFF, 0xC0, 0, 11, 8, 0, 32, 0, 64, 1, 1, 0x11, 0, // 64 × 32 pixels
            0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, // start of scan
            1, 2, 3, 0xFF, 0xD9,
        ];
        ImageFileCheck.Check(jpeg, 64 * 32);

        var tooLarge = Assert.Throws<RejectedImageException>(() => ImageFileCheck.Check(jpeg, 64 * 32 - 1));
        Assert.Contains("64×32", tooLarge.Message);
        for (int length = 0; length < jpeg.Length; length++)
            Assert.Throws<RejectedImageException>(() => ImageFileCheck.Check(jpeg.AsSpan(0, length), 64 * 32));
    }

    private static byte[] ToJpeg(byte[] png)
    {
        using SKBitmap bitmap = SKBitmap.Decode(png);
        using SKData jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 100);
        return jpeg.ToArray();
    }

    private static async Task<string> PostAsync(HttpClient client, byte[] file)
    {
        HttpResponseMessage response = await client.PostAsync("predict", WebApiFixture.ImageContent(file));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<Classification> ClassifyAsync(HttpClient client, HttpContent content)
    {
        HttpResponseMessage response = await client.PostAsync("predict", content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<Classification>())!;
    }

    private static async Task<string> ExpectProblemAsync(HttpStatusCode status, HttpResponseMessage response)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        string detail = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString()!;
        Assert.NotEmpty(detail);
        return detail;
    }
}
