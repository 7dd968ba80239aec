using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace WebApi;

/// <summary>The service: <c>POST /predict</c>, <c>GET /labels</c>, <c>GET /health</c>.</summary>
public static class WebApiProgram
{
    private const string RetryAfterSeconds = "1";

    /// <summary>Builds the service, ready to run: the model is loaded, and made before if need be.</summary>
    /// <param name="args">Settings, as <c>--Model:Path=zipped.mlnet</c>; they go before those of appsettings.json and of the environment.</param>
    public static WebApplication Build(params string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        LimitOptions limits = builder.Configuration.GetSection("Limits").Get<LimitOptions>() ?? new LimitOptions();
        ModelOptions model = builder.Configuration.GetSection("Model").Get<ModelOptions>() ?? new ModelOptions();
        int concurrent = limits.ConcurrentPredictions > 0 ? limits.ConcurrentPredictions : Environment.ProcessorCount;

        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Limits.MaxRequestBodySize = limits.RequestBytes;
            server.Limits.MaxConcurrentConnections = limits.Connections;
            server.Limits.MinRequestBodyDataRate = new MinDataRate(limits.BytesPerSecond, TimeSpan.FromSeconds(limits.PatienceSeconds));
        });
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(limits);
        var draining = new Draining(limits);
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = draining.Listen);
        builder.Services.AddSingleton(draining);
        builder.Services.AddHostedService(_ => draining);
        builder.Services.AddHealthChecks().AddCheck<ReadinessCheck>("readiness");
        builder.Services.AddSingleton(model);
        builder.Services.AddSingleton<ImageUpload>();
        builder.Services.AddSingleton<RateLimiter>(_ =>
            new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = concurrent, QueueLimit = limits.WaitingPredictions }));
        builder.Services.AddSingleton(_ => new MLContext(seed: 1));
        builder.Services.AddSingleton<ModelStore>();
        builder.Services.AddSingleton(services =>
            new ImageClassifier(services.GetRequiredService<MLContext>(), services.GetRequiredService<ModelStore>().Load(), concurrent));

        WebApplication app = builder.Build();
        app.Use(draining.ServeAsync);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapHealthChecks("/health");
        app.MapGet("/labels", (ImageClassifier classifier) => classifier.Tasks);
        app.MapPost("/predict", PredictAsync);

        // A service that cannot classify shall not start.
        app.Services.GetRequiredService<ImageClassifier>();
        return app;
    }

    private static async Task<IResult> PredictAsync(
        HttpRequest request, ImageUpload upload, RateLimiter limiter, ImageClassifier classifier, CancellationToken cancellationToken)
    {
        try
        {
            byte[] file = await upload.ReadAsync(request, cancellationToken);

            // Only now, so that slow clients keep nobody waiting; decoded, the image would wait with many times the memory.
            using RateLimitLease turn = await limiter.AcquireAsync(1, cancellationToken);
            if (!turn.IsAcquired)
            {
                request.HttpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
                return TypedResults.Problem("Too many images are waiting; try again later.", statusCode: StatusCodes.Status503ServiceUnavailable);
            }

            using MLImage image = ImageUpload.Decode(file);
            return TypedResults.Ok(classifier.Classify(image));
        }
        catch (RejectedImageException rejected)
        {
            return TypedResults.Problem(rejected.Message, statusCode: rejected.StatusCode);
        }
    }
}
