using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace WebApi;

/// <summary>
/// Lets a service stop without losing requests. Clients keep connections open and may send the next request at the very moment in which the service closes
/// them. So for a while before it stops each answer says that its connection ends with it, and health checks fail, so that no new clients are sent here.
/// The server closes its connections as soon as it takes no new ones, those as well whose first request is still on its way; so its listening sockets are
/// closed here, and what they have taken is served for another while.
/// </summary>
internal sealed class Draining(LimitOptions limits) : IHostedLifecycleService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly ConcurrentBag<Socket> _listening = [];
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

    /// <summary>Makes a socket that the server listens on, as it would make it itself.</summary>
    /// <param name="endpoint">Where to listen.</param>
    public Socket Listen(EndPoint endpoint)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        _listening.Add(socket);
        return socket;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        TimeSpan drain = TimeSpan.FromSeconds(limits.DrainSeconds);
        await Task.Delay(drain, cancellationToken);

        // Closing a socket would throw away the connections that the server has not fetched from it yet.
        foreach (Socket socket in _listening)
        {
            for (TimeSpan waited = default; waited < drain && socket.Poll(0, SelectMode.SelectRead); waited += Pause)
                await Task.Delay(Pause, cancellationToken);
            socket.Dispose();
        }

        await Task.Delay(drain / 2, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
