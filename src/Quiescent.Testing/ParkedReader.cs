using System.Runtime.ExceptionServices;

namespace Quiescent.Testing;

/// <summary>How a <see cref="ParkedReader"/> holds its domain's grace periods up.</summary>
public enum ParkedReaderKind
{
    /// <summary>Inside a section of <see cref="RcuDomain.ReadLock"/>.</summary>
    Section,

    /// <summary>Inside a section opened through an <see cref="RcuReader"/>.</summary>
    Handle,

    /// <summary>Online, without a quiescent state.</summary>
    Online,
}

/// <summary>
/// A thread that is inside a read-side critical section of a domain from the end of the constructor until
/// <see cref="Release"/>: no grace period that begins meanwhile ends before then.
/// </summary>
/// <remarks>Not for use by several threads at once.</remarks>
public sealed class ParkedReader : IDisposable
{
    /// <summary>Longer than any step of the reader takes on the busiest machine; after it, a
    /// <see cref="TimeoutException"/> says what hangs.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _orders = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private Action? _order;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Parks a reader in the domain.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="kind">Which kind of section holds the reader.</param>
    /// <param name="name">The name of its thread.</param>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public ParkedReader(
        RcuDomain domain, ParkedReaderKind kind = ParkedReaderKind.Section, string name = "parked reader")
    {
        ArgumentNullException.ThrowIfNull(domain);
        Thread = Start(() => Park(domain, kind), name);
    }

    /// <summary>Parks a reader in the domain.</summary>
    /// <param name="domain">The domain.</param>
    /// <inheritdoc cref="ParkedReader(RcuDomain, ParkedReaderKind, string)" path="/exception"/>
    public ParkedReader(SrcuDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        Thread = Start(
            () =>
            {
                using SrcuReadLock section = domain.ReadLock();
                Obey();
            },
            "parked reader");
    }

    /// <summary>The reader's thread.</summary>
    public Thread Thread { get; }

    /// <summary>Runs the action on the reader's thread, inside its section, and returns when it has returned.</summary>
    /// <param name="action">What the reader does.</param>
    /// <exception cref="ArgumentNullException">The action is null.</exception>
    /// <exception cref="InvalidOperationException">The reader has left.</exception>
    /// <exception cref="TimeoutException">The action takes longer than a minute.</exception>
    /// <remarks>What the action throws is thrown here.</remarks>
    public void Run(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (!Thread.IsAlive)
        {
            throw new InvalidOperationException("The reader has left its section.");
        }

        _order = action;
        _orders.Release();
        AwaitDone("The action does not return.");
    }

    /// <summary>Ends the section; returns when the thread has ended. A second call does nothing.</summary>
    /// <exception cref="TimeoutException">The thread does not end within a minute.</exception>
    public void Release()
    {
        if (Thread.IsAlive)
        {
            _order = null;
            _orders.Release();
            if (!Thread.Join(s_bound))
            {
                throw new TimeoutException("The parked reader does not end.");
            }
        }
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

    private void Park(RcuDomain domain, ParkedReaderKind kind)
    {
        if (kind == ParkedReaderKind.Section)
        {
            using ReadGuard guard = domain.ReadLock();
            Obey();
            return;
        }

        using RcuReader reader = domain.RegisterReader();
        if (kind == ParkedReaderKind.Handle)
        {
            using ReadGuard guard = reader.ReadLock();
            Obey();
            return;
        }

        reader.GoOnline();
        Obey();
    }

    private void Obey()
    {
        // Under Validate a wait inside a section is an error, which the synchronization context finds. This wait is
        // deliberate.
        SynchronizationContext.SetSynchronizationContext(null);
        _done.Release();
        while (true)
        {
            _orders.Wait();
            if (_order is not { } action)
            {
                return;
            }

            try
            {
                action();
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
            }

            _done.Release();
        }
    }

    private void AwaitDone(string complaint)
    {
        if (!_done.Wait(s_bound))
        {
            throw new TimeoutException(complaint);
        }

        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }
}
