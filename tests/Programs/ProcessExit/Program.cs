using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Quiescent;

// What a process does in its last moments; ProcessExitTests looks at its output and its exit code.
switch (args[0])
{
    case "delegates":
        Rcu.Call(static () => Console.Write("a"));
        Rcu.Call("b", Console.Write);
        Thread other = new(static () => Rcu.Call(static () => Console.Write("c")));
        other.Start();
        other.Join();
        return 0;

    case "domains":
        for (int i = 0; i < 3; i++)
        {
            new RcuDomain(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) })
                .Call(static () => Console.Write("d"));
        }

        return 0;

    case "parked":
        using (ManualResetEventSlim entered = new())
        {
            new Thread(() => Park(entered)) { IsBackground = true }.Start();
            entered.Wait();
        }

        Rcu.Call(static () => Console.Write("x"));
        return 0;

    case "attached":
        AssemblyLoadContext context = new("attached", isCollectible: true);
        context.LoadFromAssemblyPath(typeof(Rcu).Assembly.Location);
        RcuModule.Attach(context);
        using (ManualResetEventSlim entered = new())
        {
            new Thread(() => Park(entered)) { IsBackground = true }.Start();
            entered.Wait();
        }

        Rcu.Call(static () => Console.Write("x"));
        if (args is [_, "collected"])
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        GC.KeepAlive(context);
        return 0;

    case "stuck":
        Rcu.Call(static () => Thread.Sleep(Timeout.Infinite));
        Rcu.Call(static () => Console.Write("x"));
        return 0;

    case "exit-in-callback":
        Rcu.Call(static () => Environment.Exit(7));
        Thread.Sleep(Timeout.Infinite);
        return 1;

    case "backlog":
        int ran = 0;
        for (int i = 0; i < 10_000; i++)
        {
            Rcu.Call(() =>
            {
                if (++ran == 10_000)
                {
                    Console.Write("10000");
                }
            });
        }

        return 5;

    case "exit-elsewhere":
        Rcu.Call(static () => Console.Write("a"));
        new Thread(static () => Environment.Exit(9)) { IsBackground = true }.Start();
        Thread.Sleep(Timeout.Infinite);
        return 1;

    case "parked-backlog":
        using (ManualResetEventSlim entered = new())
        {
            new Thread(() => Park(entered)) { IsBackground = true }.Start();
            entered.Wait();
        }

        for (int i = 0; i < 100_000; i++)
        {
            unsafe
            {
                Rcu.Free(NativeMemory.Alloc(64));
            }

            Rcu.Call(static () => Console.Write("x"));
        }

        return 6;

    case "crash":
        for (int i = 0; i < 1_000; i++)
        {
            Rcu.Call(static () => Thread.Sleep(Timeout.Infinite));
        }

        new Thread(static () => throw new InvalidOperationException("on purpose")).Start();
        Thread.Sleep(Timeout.Infinite);
        return 1;

    case "reposting":
        Rcu.Call(Repost);
        return 0;

    case "listening":
        return Listening.Run();

    case "first-use":
        return FirstUse.Run(args[1]);

    case "first-failure":
        return FirstFailure.Run();

    case "scarce-telemetry":
        return ScarceTelemetry.Run();

    case "full-heap":
        return FullHeap.Run();

    case "exit":
        return Exits.Run(place: args[1], wait: args[2]);

    case "exit-in-lock":
        return Locked.Run(isWriting: args[1] == "write");

    case "membarrier":
        return Filter.Run(refused: (uint)int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture));

    case "failing":
        return Consoles.Fail(validate: args[1] == "validated");

    case "console":
        return Consoles.Run(args[1]);

    case "copies":
        return Copies.Run(validate: args[1] == "validated");

    case "validate":
        return Validated();

    case "validate-by-switch":
        AppContext.SetSwitch("Quiescent.Validate", true);
        return Validated();

    case "validate-unsupported":
        AppContext.SetSwitch("Quiescent.Validate.IsSupported", false);
        try
        {
            using RcuDomain domain = new(new RcuDomainOptions { Validate = true });
        }
        catch (NotSupportedException)
        {
            Console.Write("refused ");
        }

        return Validated();

    default:
        return 2;
}

static void Park(ManualResetEventSlim entered)
{
    using ReadGuard guard = Rcu.ReadLock();
    entered.Set();
    Thread.Sleep(Timeout.Infinite);
}

// Whether all domains validate, and what they then report to a program that subscribes to nothing.
static int Validated()
{
    using RcuDomain domain = new(new RcuDomainOptions { Name = "of the program" });
    foreach (GracePeriodDomain each in new GracePeriodDomain[] { Rcu.DefaultDomain, domain })
    {
        Console.Write($"{each.Options.Validate} ");
    }

    ReadGuard stale = Rcu.ReadLock();
    stale.Dispose();
    ReadGuard other = Rcu.ReadLock();
    try
    {
        stale.Dispose();
        Console.Write("ended another section");
    }
    catch (InvalidOperationException)
    {
        Console.Write("refused");
        other.Dispose();
    }

    Thread leaver = new(() => domain.ReadLock()) { Name = "leaver" };
    leaver.Start();
    leaver.Join();
    domain.Synchronize();
    return 0;
}

static void Repost() => Rcu.Call(Repost);
