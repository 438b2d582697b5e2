using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Quiescent;

// A domain that validates, without handlers: each step below makes a report that goes to the standard error output, on
// the thread of the library or of the program that finds it. A letter says that the program has come through the step.
internal static unsafe class Consoles
{
    /// <summary>Runs all steps; "throws" puts a writer there that throws.</summary>
    public static int Run(string writer)
    {
        if (writer == "throws")
        {
            Console.SetError(new Throwing());
        }

        TimeSpan timeout = TimeSpan.FromMilliseconds(50);
        RcuDomain domain = new(new RcuDomainOptions { Name = "console", Validate = true, StallTimeout = timeout });
        Step("r", () => BehindReader(domain, () => domain.Call(static () => { }))); // The reclaimer finds the reader.
        Step("s", () => BehindReader(domain, () => new Thread(domain.Synchronize).Start()));
        Step("p", () => BehindReader(domain, () => domain.StartPoll()));
        Step("c", () => BehindCallback(domain, domain.Barrier));
        Step("a", () => BehindCallback(domain, () => domain.BarrierAsync().AsTask().Wait())); // A timer finds it.
        Step("g", () => AfterLeaver(domain, () => domain.GetStatistics()));
        Step("t", () => AfterLeaver(domain, domain.Synchronize));
        Step("v", () => AfterMisuse(domain, () => domain.VerifyReclaimed()));
        Step("f", () => Fail(domain, static () => throw new InvalidTimeZoneException("on purpose")));
        Step("d", () => AfterMisuse(domain, domain.Dispose));
        return 0;
    }

    /// <summary>Callbacks throw at three places, at one of them often.</summary>
    public static int Fail(bool validate)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "failing", Validate = validate });
        for (int i = 0; i < 100; i++)
        {
            Fail(domain, static () => throw new InvalidTimeZoneException("often"));
        }

        domain.Call(static () => throw new InvalidTimeZoneException("elsewhere"));
        domain.Dispose(new Unspeakable());
        domain.Barrier();
        Console.Write(domain.GetStatistics().CallbacksFailed);
        return 0;
    }

    private static void Fail(RcuDomain domain, Action callback)
    {
        domain.Call(callback);
        domain.Barrier();
    }

    private static void Step(string letter, Action step)
    {
        step();
        Console.Write(letter);
    }

    private static void BehindReader(RcuDomain domain, Action start)
    {
        using ManualResetEventSlim entered = new();
        long stalls = domain.GetStatistics().Stalls;
        Thread reader = new(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            entered.Set();
            while (domain.GetStatistics().Stalls == stalls)
            {
                Thread.Yield();
            }
        });
        reader.Start();
        SpinWait.SpinUntil(() => entered.IsSet);
        start();
        reader.Join();
        domain.Barrier();
    }

    private static void BehindCallback(RcuDomain domain, Action wait)
    {
        long stalls = domain.GetStatistics().Stalls;
        domain.Call(() =>
        {
            SpinWait.SpinUntil(() => domain.GetStatistics().Stalls != stalls);

            // A stall is counted before it is reported. Of a callback that has returned meanwhile there is no report.
            Thread.Sleep(200);
        });
        wait();
    }

    private static void AfterLeaver(RcuDomain domain, Action find)
    {
        Thread leaver = new(() => domain.ReadLock());
        leaver.Start();
        leaver.Join();
        find();
    }

    private static void AfterMisuse(RcuDomain domain, Action find)
    {
        byte* block = (byte*)NativeMemory.Alloc(64);
        domain.Free(block);
        domain.Barrier();
        block[8] = 1; // Still mapped: the quarantine has it.
        find();
    }

    private sealed class Unspeakable : Exception, IDisposable
    {
        public override string Message => throw new IOException("no message");

        [SuppressMessage("Design", "CA1065", Justification = "It is what the test is about.")]
        public override string ToString() => throw new IOException("no text");

        [SuppressMessage("Design", "CA1065", Justification = "It is what the test is about.")]
        public void Dispose() => throw this;
    }

    private sealed class Throwing : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        [SuppressMessage("Design", "CA1065", Justification = "It is what the test is about.")]
        public override void Write(char value) => throw new IOException("on purpose");
    }
}
