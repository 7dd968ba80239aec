using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WebApi;

/// <summary>A service that is about to stop is in good health, but shall get no new clients.</summary>
internal sealed class ReadinessCheck(Draining draining) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(draining.IsStopping ? HealthCheckResult.Unhealthy("The service is about to stop.") : HealthCheckResult.Healthy());
}
