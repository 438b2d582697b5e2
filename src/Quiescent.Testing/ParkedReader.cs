using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Quiescent.Testing;

/// <summary>How a <see cref="ParkedReader"/> holds its domain's grace periods up.</summary>
public enum ParkedReaderKind
{
    /// <summary>Inside a section of <see cref="RcuDomain.ReadLock"/>.</summary>
    Section,

    /// <summary>Inside a section opened through an <see cref="RcuReader"/>.</summary>
    Registered,

    /// <summary>Online, without a quiescent state.</summary>
    Online,
}

/// <summary>What a <see cref="ParkedReader"/> does through the guard of its section.</summary>
/// <param name="guard">The guard, for the time of the call.</param>
public delegate void ReadGuardAction(scoped ref readonly ReadGuard guard);

/// <summary>
/// A thread that is inside a read-side critical section of a domain from the end of the constructor until
/// <see cref="Release"/>: no grace period that begins meanwhile ends before then.
/// </summary>
/// <remarks>
/// <para>Not for use by several threads at once. The test's thread may be inside a section of its own, also under
/// <see cref="RcuDomainOptions.Validate"/>.</para>
/// <para>Between actions the reader's thread keeps no reference to what they used, so that a test can drop a resource
/// and have it finalized.</para>
/// </remarks>
public sealed class ParkedReader : IDisposable
{
    /// <summary>No step of the reader takes this long on the busiest machine. After it, a
    /// <see cref="TimeoutException"/> names the step that hangs.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _orders = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly bool _isSleepable;
    private Delegate? _order;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Parks a reader in the domain.</summary>
    /// <param name="domain">Its grace periods wait for the reader.</param>
    /// <param name="kind">How the reader holds them up.</param>
    /// <param name="name">The name of the reader's thread, as stall reports show it.</param>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public ParkedReader(
        RcuDomain domain, ParkedReaderKind kind = ParkedReaderKind.Section, string name = "parked reader")
    {
        ArgumentNullException.ThrowIfNull(domain);
        Thread = Start(() => Park(domain, kind), name);
    }

    /// <summary>Parks a reader in the domain.</summary>
    /// <param name="domain">Its grace periods wait for the reader.</param>
    /// <inheritdoc cref="ParkedReader(RcuDomain, ParkedReaderKind, string)" path="/exception"/>
    public ParkedReader(SrcuDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        _isSleepable = true;
        Thread = Start(() => Park(domain), "parked reader");
    }

    /// <summary>The reader's thread.</summary>
    public Thread Thread { get; }

    /// <summary>Runs the action on the reader's thread, inside its section, and returns when it has returned.</summary>
    /// <param name="action">What it throws is thrown here, and the reader stays parked.</param>
    /// <exception cref="ArgumentNullException">The action is null.</exception>
    /// <exception cref="InvalidOperationException">The reader has left.</exception>
    /// <exception cref="TimeoutException">The action takes longer than a minute.</exception>
    public void Run(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Order(action);
    }

    /// <summary>As <see cref="Run(Action)"/>, with the guard of the reader's section, to dereference through it. An
    /// online reader opens a section for the action.</summary>
    /// <param name="action">What it throws is thrown here, and the reader stays parked.</param>
    /// <exception cref="ArgumentNullException">The action is null.</exception>
    /// <exception cref="InvalidOperationException">The reader has left, or is parked in an <see
    /// cref="SrcuDomain"/>.</exception>
    /// <exception cref="TimeoutException">The action takes longer than a minute.</exception>
    public void Run(ReadGuardAction action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireDomain(isSleepable: false);
        Order(action);
    }

    /// <summary>As <see cref="Run(Action)"/>, with the reader's sleepable section, to dereference through it.</summary>
    /// <param name="action">What it throws is thrown here, and the reader stays parked.</param>
    /// <exception cref="ArgumentNullException">The action is null.</exception>
    /// <exception cref="InvalidOperationException">The reader has left, or is parked in an <see
    /// cref="RcuDomain"/>.</exception>
    /// <exception cref="TimeoutException">The action takes longer than a minute.</exception>
    public void Run(Action<SrcuReadLock> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireDomain(isSleepable: true);
        Order(action);
    }

    /// <summary>Ends the section; returns when the thread has ended. A second call does nothing.</summary>
    /// <exception cref="TimeoutException">The thread does not end within a minute.</exception>
    /// <remarks>If the section's end throws, because an action left the section or broke the nesting, that exception is
    /// thrown here, once.</remarks>
    public void Release()
    {
        if (!Thread.IsAlive)
        {
            return;
        }

        _order = null;
        bool hasEnded = UnseenByValidate(() =>
        {
            _orders.Release();
            return Thread.Join(s_bound);
        });
        if (!hasEnded)
        {
            throw new TimeoutException("The parked reader does not end.");
        }

        ThrowFailure();
    }

    /// <inheritdoc cref="Release"/>
    public void Dispose()
    {
        Release();
        _orders.Dispose();
        _done.Dispose();
    }

    private Thread Start(Action park, string name)
    {
        Thread thread = new(() =>
        {
            try
            {
                park();
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
                _done.Release();
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        AwaitDone("The reader does not get into its section.");
        return thread;
    }

    // Not inlined: stall reports and Validate show it as the place where the section began.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Park(RcuDomain domain, ParkedReaderKind kind)
    {
        if (kind == ParkedReaderKind.Section)
        {
            using ReadGuard guard = domain.ReadLock();
            Obey(in guard);
            return;
        }

        using RcuReader reader = domain.RegisterReader();
        if (kind == ParkedReaderKind.Registered)
        {
            using ReadGuard guard = reader.ReadLock();
            Obey(in guard);
            return;
        }

        reader.GoOnline();
        while (AwaitOrder())
        {
            DoOnline(in reader);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Park(SrcuDomain domain)
    {
        using SrcuReadLock section = domain.ReadLock();
        while (AwaitOrder())
        {
            Do(section);
        }
    }

    private void Obey(scoped ref readonly ReadGuard guard)
    {
        while (AwaitOrder())
        {
            Do(in guard);
        }
    }

    // Each order runs in a method that is not inlined, so no local of the waiting thread refers to what the action
    // used.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Do(scoped ref readonly ReadGuard guard)
    {
        try
        {
            Delegate order = TakeOrder();
            if (order is ReadGuardAction guarded)
            {
                guarded(in guard);
            }
            else
            {
                ((Action)order)();
            }
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DoOnline(scoped ref readonly RcuReader reader)
    {
        if (_order is not ReadGuardAction)
        {
            ReadGuard none = default;
            Do(in none);
            return;
        }

        using ReadGuard guard = reader.ReadLock();
        Do(in guard);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Do(SrcuReadLock section)
    {
        try
        {
            Delegate order = TakeOrder();
            if (order is Action<SrcuReadLock> sleepable)
            {
                sleepable(section);
            }
            else
            {
                ((Action)order)();
            }
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    private Delegate TakeOrder() => Interlocked.Exchange(ref _order, null)!;

    /// <summary>Says that the last order is done, and waits for the next.</summary>
    /// <returns>False: the reader is to leave.</returns>
    private bool AwaitOrder() => UnseenByValidate(() =>
    {
        _done.Release();
        _orders.Wait();
        return _order is not null;
    });

    private void Order(Delegate action)
    {
        if (!Thread.IsAlive)
        {
            throw new InvalidOperationException("The reader has left its section.");
        }

        _order = action;
        UnseenByValidate(() => _orders.Release());
        AwaitDone("The action does not return.");
    }

    private void RequireDomain(bool isSleepable)
    {
        if (_isSleepable != isSleepable)
        {
            throw new InvalidOperationException(
                _isSleepable
                    ? "The reader is parked in an SrcuDomain: it has an SrcuReadLock and no ReadGuard."
                    : "The reader is parked in an RcuDomain: it has a ReadGuard and no SrcuReadLock.");
        }
    }

    private void AwaitDone(string complaint)
    {
        if (!UnseenByValidate(() => _done.Wait(s_bound)))
        {
            throw new TimeoutException(complaint);
        }

        ThrowFailure();
    }

    private void ThrowFailure()
    {
        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    // Validate reports a wait inside a section; it sees the wait through the synchronization context. The waits here
    // are meant, on the reader's thread and on a test's thread that is inside a section of its own.
    private static T UnseenByValidate<T>(Func<T> wait)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return wait();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
