using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Ordering;

// The places where the library can run out of something, and promises to lose nothing when it does.
internal enum FaultSite
{
    /// <summary>The managed side of a thread's registration.</summary>
    Registration,

    /// <summary>A chunk of reader slots.</summary>
    SlotChunk,

    /// <summary>Tickets of sleepable sections.</summary>
    Ticket,

    /// <summary>A page of block pointers.</summary>
    Page,

    /// <summary>A thread's queue for a further deallocator.</summary>
    Queue,

    /// <summary>The native head of a managed callback.</summary>
    Callback,

    /// <summary>The reclaimer's thread.</summary>
    ThreadStart,

    /// <summary>What is known of a reader, for a report: one that stalls, or ended inside a section.</summary>
    Report,

    /// <summary>Room for the events of grace periods, while somebody listens.</summary>
    Events,

    /// <summary>The list of what a barrier waits for.</summary>
    Barrier,

    /// <summary>The place of an asynchronous waiter among those that the reclaimer looks after.</summary>
    Waiter,

    /// <summary>The place of a thread in the line of those that wait.</summary>
    WaitLine,

    /// <summary>The number of a deallocator type, on its first use.</summary>
    Deallocator,

    /// <summary>Room in the ledger of queued blocks, under Validate.</summary>
    Ledger,

    /// <summary>The pool itself, before it has any blocks.</summary>
    Pool,

    /// <summary>A slab of a pool's blocks.</summary>
    Slab,

    /// <summary>The place that called the library, under Validate.</summary>
    StackWalk,

    /// <summary>A thread of the thread pool.</summary>
    PoolThread,

    /// <summary>A map's directory, or what it knows of its memory.</summary>
    Directory,

    /// <summary>An entry of a map that is larger than any of its pools' blocks.</summary>
    LargeBlock,

    /// <summary>What an array pool knows of an array, or keeps for a thread.</summary>
    Array,

    /// <summary>A part of the process's telemetry.</summary>
    Telemetry,

    /// <summary>The system's file about a thread.</summary>
    ThreadStat,
}

// Failures on demand (the kernel's should_fail_alloc). Memory rarely runs out in a test, and what happens then must be
// right the first time. It is off unless the AppContext switch is on when the library is first used. While it is off,
// each site is a constant that the JIT removes; the trimmer does so too if the program's project turns the switch off.
// All sites lie on slow paths.
internal static class FaultInjection
{
    private static readonly bool s_isOn = AppContext.TryGetSwitch("Quiescent.FaultInjection", out bool on) && on;

    [FeatureSwitchDefinition("Quiescent.FaultInjection")]
    public static bool IsOn => s_isOn;

    /// <summary>Decides, on the thread that is about to allocate, whether the allocation fails. Set it before the
    /// threads that it is meant for start.</summary>
    public static Func<FaultSite, bool>? Decide { get; set; }

    /// <exception cref="OutOfMemoryException"><see cref="Decide"/> asked for a failure here.</exception>
    public static void ThrowIfDue(FaultSite site)
    {
        if (IsDue(site))
        {
            throw new InsufficientMemoryException("A failure was injected.");
        }
    }

    /// <summary>The same for a place that fails without an exception.</summary>
    public static bool IsDue(FaultSite site) => IsOn && Decide?.Invoke(site) == true;
}
