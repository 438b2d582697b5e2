using System.Net;
using System.Net.Sockets;

namespace Quiescent.Torture.Io;

// A loopback connection whose other end sends back what it receives.
internal sealed class Echo : IDisposable
{
    private const int MessageBytes = 64;

    private readonly Socket _near;
    private readonly Socket _far;
    private readonly byte[] _sent = new byte[MessageBytes];
    private readonly byte[] _received = new byte[MessageBytes];

    private Echo(Socket near, Socket far)
    {
        _near = near;
        _far = far;
        near.NoDelay = true;
        far.NoDelay = true;
    }

    public static async Task<Echo> ConnectAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Socket near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint!);
        Echo echo = new(near, await listener.AcceptAsync());
        _ = echo.SendBackAsync();
        return echo;
    }

    /// <summary>Sends a number and receives it back. Null: it came back unchanged.</summary>
    public async Task<string?> RoundTripAsync(ulong number)
    {
        BitConverter.TryWriteBytes(_sent, number);
        await _near.SendAsync(_sent);
        for (int bytes = 0; bytes < MessageBytes;)
        {
            int more = await _near.ReceiveAsync(_received.AsMemory(bytes));
            if (more == 0)
            {
                return "A loopback connection was closed by its other end.";
            }

            bytes += more;
        }

        return _received.AsSpan().SequenceEqual(_sent) ? null : "A loopback connection sent back something else.";
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    // Until the near end is closed.
    private async Task SendBackAsync()
    {
        byte[] message = new byte[MessageBytes];
        try
        {
            for (int bytes = 1; bytes > 0;)
            {
                bytes = await _far.ReceiveAsync(message);
                await _far.SendAsync(message.AsMemory(0, bytes));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has ended; if too early, the near end reports it.
        }
    }
}
