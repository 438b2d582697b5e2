using System.Runtime.CompilerServices;

namespace Quiescent.Tests.Support;

// How a parked reader holds its domain's grace periods up.
public enum ReaderKind
{
    /// <summary>A section of <see cref="RcuDomain.ReadLock"/>.</summary>
    Guard,

    /// <summary>A section opened through a handle.</summary>
    Handle,

    /// <summary>No section: online, without a quiescent state.</summary>
    Online,
}

// A thread that is inside a section of a domain from the end of the constructor until Release or Dispose.
internal sealed class ParkedReader : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly Worker _worker;

    public ParkedReader(RcuDomain domain, ReaderKind kind = ReaderKind.Guard, string name = "parked reader")
    {
        using ManualResetEventSlim entered = new();
        _worker = Worker.Start(() => Park(domain, kind, entered), name);
        Until.Set(entered);
    }

    public Thread Thread => _worker.Thread;

    /// <summary>Ends the section; returns when the thread has ended.</summary>
    public void Release()
    {
        _release.Set();
        _worker.Join();
    }

    public void Dispose()
    {
        Release();
        _release.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // Reports name it.
    private void Park(RcuDomain domain, ReaderKind kind, ManualResetEventSlim entered)
    {
        if (kind == ReaderKind.Guard)
        {
            using ReadGuard guard = domain.ReadLock();
            Hold(entered);
            return;
        }

        using RcuReader reader = domain.RegisterReader();
        if (kind == ReaderKind.Handle)
        {
            using ReadGuard guard = reader.ReadLock();
            Hold(entered);
            return;
        }

        reader.GoOnline();
        Hold(entered);
    }

    private void Hold(ManualResetEventSlim entered)
    {
        entered.Set();
        SynchronizationContext.SetSynchronizationContext(null); // Waits inside a section, which Validate would object to.
        _release.Wait();
    }
}
