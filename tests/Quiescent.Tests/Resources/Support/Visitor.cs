using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources.Support;

// A thread that is inside a section from the end of the constructor until it leaves, and looks at resources through
// that section's guard when it is told to.
internal sealed class Visitor : IDisposable
{
    private readonly SemaphoreSlim _orders = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly Worker _worker;
    private TestResource? _order;
    private Exception? _failure;

    public Visitor(GracePeriodDomain domain, ReaderKind kind = ReaderKind.Guard)
    {
        _worker = Worker.Start(() => Visit(domain, kind), "visitor");
        AwaitDone();
    }

    /// <summary>Has the visitor look, and throws what it throws.</summary>
    public void Look(TestResource resource)
    {
        if (TryLook(resource) is { } failure)
        {
            throw new InvalidOperationException("The visitor could not look.", failure);
        }
    }

    /// <summary>Has the visitor look once more, after the close; what it saw before is there, and it finds it again if
    /// such a resource can be found.</summary>
    public void LookAgain(TestResource resource)
    {
        Assert.True(resource.Releases.Count == 0, "The resource was released under its reader.");
        if (resource.StaysFound)
        {
            Look(resource);
        }
    }

    /// <summary>Has the visitor look. Null, or what it threw.</summary>
    public Exception? TryLook(TestResource resource)
    {
        _order = resource;
        _orders.Release();
        AwaitDone();
        return _failure;
    }

    /// <summary>Ends the section; returns when the thread has ended.</summary>
    public void Leave()
    {
        if (!_worker.HasEnded)
        {
            _order = null;
            _orders.Release();
        }

        _worker.Join();
    }

    public void Dispose()
    {
        Leave();
        _orders.Dispose();
        _done.Dispose();
    }

    private void Visit(GracePeriodDomain domain, ReaderKind kind)
    {
        if (domain is SrcuDomain sleepable)
        {
            using SrcuReadLock section = sleepable.ReadLock();
            while (IsToLook())
            {
                LookOnce(section);
            }

            return;
        }

        RcuDomain classic = (RcuDomain)domain;
        if (kind == ReaderKind.Guard)
        {
            using ReadGuard guard = classic.ReadLock();
            Obey(in guard);
            return;
        }

        using RcuReader reader = classic.RegisterReader();
        if (kind == ReaderKind.Online)
        {
            reader.GoOnline();
        }

        using (ReadGuard guard = reader.ReadLock())
        {
            Obey(in guard);
        }
    }

    private void Obey(scoped ref readonly ReadGuard guard)
    {
        while (IsToLook())
        {
            LookOnce(in guard);
        }
    }

    // The looks are not inlined, so that nothing on the visitor's stack keeps a resource between them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookOnce(scoped ref readonly ReadGuard guard)
    {
        try
        {
            Interlocked.Exchange(ref _order, null)!.Look(in guard);
            _failure = null;
        }
#pragma warning disable CA1031 // Whatever it is, the ordering thread throws it again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = e;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookOnce(SrcuReadLock section)
    {
        TestResource resource = Interlocked.Exchange(ref _order, null)!;
        _failure = Record.Exception(() => resource.Look(section));
    }

    // Says that the last order is done, and waits for the next.
    private bool IsToLook()
    {
        SynchronizationContext.SetSynchronizationContext(null); // Waits inside a section, which Validate would object to.
        _done.Release();
        _orders.Wait();
        return _order is not null;
    }

    private void AwaitDone() => Assert.True(_done.Wait(Until.Bound), "The visitor does not answer.");
}
