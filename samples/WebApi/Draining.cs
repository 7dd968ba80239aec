namespace WebApi;

/// <summary>
/// Lets a service stop without losing requests. Clients keep connections open and may send the next request at the very moment in which the service closes
/// them. So for a while before it stops each answer says that its connection ends with it, and health checks fail, so that no new clients are sent here.
/// </summary>
internal sealed class Draining(LimitOptions limits) : IHostedLifecycleService
{
    private volatile bool _isStopping;

    /// <summary>Whether the service is about to stop.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Tells the client that the connection ends with this answer, if it does.</summary>
    public Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            if (_isStopping)
                context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        return next(context);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await Task.Delay(TimeSpan.FromSeconds(limits.DrainSeconds), cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
