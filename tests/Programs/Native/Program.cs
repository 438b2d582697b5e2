using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent;

// What the library does by other means in native code, where it does without the thread pool and without a listener of
// its own. Each part ends the program with an exception if it does not come about, or never ends.
Console.WriteLine(RuntimeFeature.IsDynamicCodeSupported ? "under the JIT" : "native");
MeasureBesideRudeListener();
ReportStallFromQueueing();
DisposeAfterDomain();
FindMistake();
Console.WriteLine(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Throw });
Console.WriteLine("done");

static void Require(bool condition, string what)
{
    if (!condition)
    {
        throw new InvalidOperationException($"Not so: {what}.");
    }
}

// A listener that throws when it sees the histogram leaves it to the others.
static void MeasureBesideRudeListener()
{
    int seen = 0;
    using MeterListener rude = new()
    {
        InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == "Quiescent")
            {
                Interlocked.Increment(ref seen);
                throw new InvalidOperationException("on purpose");
            }
        },
    };
    rude.Start();
    Rcu.Synchronize();
    SpinWait.SpinUntil(() => Volatile.Read(ref seen) >= 14);
    int durations = 0;
    using MeterListener late = new()
    {
        InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument),
    };
    late.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref durations));
    late.Start();
    SpinWait.SpinUntil(() =>
    {
        Rcu.Synchronize();
        return Volatile.Read(ref durations) > 0;
    });
    Console.WriteLine("measured beside a rude listener");
}

// A thread that queues above the limit has the report made elsewhere.
static void ReportStallFromQueueing()
{
    using RcuDomain domain = new(new RcuDomainOptions
    {
        Name = "stalled",
        StallTimeout = TimeSpan.FromMilliseconds(20),
        BacklogLimit = 8,
        BacklogPolicy = BacklogPolicy.None,
    });
    using ManualResetEventSlim gate = new();
    int thread = 0;
    domain.Stalled += (_, stall) => Interlocked.CompareExchange(ref thread, Environment.CurrentManagedThreadId, 0);
    domain.Call(gate.Wait);
    SpinWait.SpinUntil(() =>
    {
        domain.Call(static () => { });
        Thread.Sleep(1);
        return Volatile.Read(ref thread) != 0;
    });
    Require(thread != Environment.CurrentManagedThreadId, "the report comes on another thread");
    gate.Set();
    domain.Barrier();
    Console.WriteLine("reported a stall");
}

// What comes too late for a disposed domain is released all the same.
static void DisposeAfterDomain()
{
    RcuDomain domain = new();
    Released value = new();
    RcuReference<Released> reference = new(value, domain);
    domain.Dispose();
    reference.Replace(new Released());
    SpinWait.SpinUntil(() => Volatile.Read(ref value.IsReleased));
    Console.WriteLine("released after its domain");
}

static unsafe void FindMistake()
{
    using RcuDomain domain = new(new RcuDomainOptions { Validate = true });
    void* block = NativeMemory.Alloc(64);
    domain.Free(block);
    bool isFound = false;
    try
    {
        domain.Free(block);
    }
    catch (InvalidOperationException)
    {
        isFound = true;
    }

    Require(isFound, "validation finds a block that is freed twice");
    Console.WriteLine("found a mistake");
}

internal sealed class Released : IDisposable
{
    public bool IsReleased;

    public void Dispose() => Volatile.Write(ref IsReleased, true);
}
