using Quiescent.Tests.Support;

namespace Quiescent.Tests.Locks;

// A thread that is inside a lock from the end of the constructor until Leave().
internal sealed class HeldLock : IDisposable
{
    private readonly ManualResetEventSlim _isIn = new();
    private readonly ManualResetEventSlim _leave = new();
    private readonly Worker _worker;

    public HeldLock(RcuReaderWriterLock held, bool write, string? name = null)
    {
        _worker = Worker.Start(() => Hold(held, write), name ?? (write ? "writer" : "reader"));
        Until.True(() => _isIn.IsSet || _worker.HasEnded);
    }

    public Thread Thread => _worker.Thread;

    public void Leave()
    {
        _leave.Set();
        _worker.Join();
    }

    public void Dispose()
    {
        _leave.Set();
        _worker.Dispose();
        _isIn.Dispose();
        _leave.Dispose();
    }

    private void Hold(RcuReaderWriterLock held, bool write)
    {
        if (write)
        {
            using (held.Write())
            {
                Stay();
            }
        }
        else
        {
            using (held.Read())
            {
                Stay();
            }
        }
    }

    private void Stay()
    {
        _isIn.Set();
        Until.Set(_leave);
    }
}
