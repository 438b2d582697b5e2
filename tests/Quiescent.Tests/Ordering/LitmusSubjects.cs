using System.Runtime.InteropServices;

namespace Quiescent.Tests.Ordering;

// The control: the same announcement and the same scan with plain stores, and no barrier in between.
internal readonly unsafe struct UnfencedSubject : ILitmusSubject
{
    // On lines of their own: the grace period started, then the reader's announcement.
    private readonly ulong* _started = (ulong*)NativeMemory.AlignedAlloc(512, 128);
    private readonly ulong* _announced;

    public UnfencedSubject()
    {
        _announced = _started + 32;
        *_started = 1;
        *_announced = 0;
    }

    public void Free() => NativeMemory.AlignedFree(_started);

    public void Read(LitmusRun run)
    {
        while (run.Next())
        {
            Volatile.Write(ref *_announced, Volatile.Read(ref *_started));
            run.LookAt(run.Pointer->LoadProtected());
            Volatile.Write(ref *_announced, 0);
        }
    }

    public void Synchronize()
    {
        ulong target = Interlocked.Increment(ref *_started);
        ulong word;
        while ((word = Volatile.Read(ref *_announced)) != 0 && word < target)
        {
            Thread.SpinWait(1);
        }
    }
}

// Sections of RcuDomain.ReadLock.
internal readonly unsafe struct GuardSubject(RcuDomain domain) : ILitmusSubject
{
    public void Read(LitmusRun run)
    {
        while (run.Next())
        {
            using ReadGuard guard = domain.ReadLock();
            run.LookAt(guard.DereferencePointer(in *run.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// The default domain's, through its own fast path.
internal readonly unsafe struct DefaultDomainSubject : ILitmusSubject
{
    public void Read(LitmusRun run)
    {
        while (run.Next())
        {
            using ReadGuard guard = Rcu.ReadLock();
            run.LookAt(guard.DereferencePointer(in *run.Pointer));
        }
    }

    public void Synchronize() => Rcu.Synchronize();
}

// Sections through a handle.
internal readonly unsafe struct HandleSubject(RcuDomain domain) : ILitmusSubject
{
    public void Read(LitmusRun run)
    {
        using RcuReader reader = domain.RegisterReader();
        while (run.Next())
        {
            using ReadGuard guard = reader.ReadLock();
            run.LookAt(guard.DereferencePointer(in *run.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// The step from offline to online, the only one of quiescent-state mode that needs a barrier on x86.
internal readonly unsafe struct GoOnlineSubject(RcuDomain domain) : ILitmusSubject
{
    public void Read(LitmusRun run)
    {
        using RcuReader reader = domain.RegisterReader();
        while (run.Next())
        {
            reader.GoOnline();
            using (ReadGuard guard = reader.ReadLock())
            {
                run.LookAt(guard.DereferencePointer(in *run.Pointer));
            }

            reader.GoOffline();
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// Free sections of a reader that stays online, each ended by a quiescent state.
internal readonly unsafe struct QuiescentStateSubject(RcuDomain domain) : ILitmusSubject
{
    public void Read(LitmusRun run)
    {
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        while (run.Next())
        {
            reader.QuiescentState();
            using ReadGuard guard = reader.ReadLock();
            run.LookAt(guard.DereferencePointer(in *run.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}
