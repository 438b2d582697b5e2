using System.Runtime.InteropServices;
using Quiescent;

// What native threads do to the library from the destructors of their thread-specific data. Each scenario throws where
// the library breaks its promise, and prints "fine" else; NativeThreadTests runs them.
const int Many = 200;
bool validate = args is [_, "validate"];
RcuDomain domain = new(new RcuDomainOptions { Validate = validate });
switch (args[0])
{
    case "own-slot": // A section in a destructor is in no other thread's slot.
        using (ManualResetEventSlim detached = new())
        using (ManualResetEventSlim otherDone = new())
        using (ManualResetEventSlim entered = new())
        using (ManualResetEventSlim mayEnter = new())
        using (ManualResetEventSlim mayLeave = new())
        {
            NativeThread native = NativeThread.Start(
                () =>
                {
                    domain.ReadLock().Dispose();
                    domain.ReadLock().Dispose();
                },
                () =>
                {
                    detached.Set();
                    Await(mayEnter);
                    using ReadGuard guard = domain.ReadLock();
                    entered.Set();
                    Await(mayLeave);
                });
            Await(detached);
            Thread other = new(() =>
            {
                using (domain.ReadLock()) // Registers, and so looks for the slots of dead threads.
                {
                    mayEnter.Set();
                    Await(entered);
                }

                otherDone.Set();
            });
            other.Start();
            Await(otherDone);

            // The other thread has left its section; the destructor has not.
            GracePeriodState state = domain.StartPoll();
            bool hasPassed = SpinWait.SpinUntil(() => domain.Poll(state), TimeSpan.FromMilliseconds(300));
            Require(!hasPassed, "a grace period passed the section by");
            mayLeave.Set();
            native.Join();
            other.Join();
            domain.Synchronize();
        }

        Require(domain.GetStatistics().ReadersAbandoned == 0, "a reader was abandoned");
        break;

    case "first-use": // Threads that come to the library in a destructor leave no slot in use, and take few.
        for (int i = 0; i < Many; i++)
        {
            NativeThread.Run(body: null, () => domain.ReadLock().Dispose());
        }

        AwaitUnused(domain);
        Require(domain.GetStatistics().ReaderSlots < Many / 4, $"{domain.GetStatistics()}");
        break;

    case "left-open": // A section left open in a destructor ends with its thread.
        NativeThread.Run(body: null, () => _ = domain.ReadLock());
        domain.Synchronize();
        NativeThread.Run(() => domain.ReadLock().Dispose(), () => _ = domain.ReadLock());
        domain.Synchronize();
        Require(domain.GetStatistics().ReadersAbandoned == 2, $"{domain.GetStatistics()}");
        break;

    case "registrations": // A thread that is attached again finds all its registrations.
        RcuDomain second = new(new RcuDomainOptions { Validate = validate });
        NativeThread.Run(
            () =>
            {
                _ = domain.ReadLock();
                second.ReadLock().Dispose();
            },
            () =>
            {
                Require(domain.IsReadLockHeld, "the section was lost");
                domain.ReadLock().Dispose();
                second.ReadLock().Dispose();
                using RcuReader reader = second.RegisterReader();
                reader.ReadLock().Dispose();
            });
        domain.Synchronize();
        second.Synchronize();
        AwaitUnused(domain);
        AwaitUnused(second);
        Require(domain.GetStatistics() is { ReaderSlots: 1, ReadersAbandoned: 1 }, "first");
        Require(second.GetStatistics() is { ReaderSlots: 1, ReadersAbandoned: 0 }, "second");
        break;

    case "all": // Queues, tickets, magazines and slots are each used by one thread at a time.
        using (Uses uses = new(domain))
        {
            for (int i = 0; i < Many / 4; i++)
            {
                int[] four = [0, 1, 2, 3];
                NativeThread[] natives = Array.ConvertAll(four, _ => NativeThread.Start(uses.Run, uses.Run));
                Thread[] others = Array.ConvertAll(four, _ => new Thread(uses.Run));
                Array.ForEach(others, other => other.Start());
                Array.ForEach(natives, native => native.Join());
                Array.ForEach(others, other => other.Join());
            }

            uses.Check();
        }
        break;

    default:
        return 2;
}

Console.Write("fine");
return 0;

static void Await(ManualResetEventSlim signal) =>
    Require(SpinWait.SpinUntil(() => signal.IsSet, TimeSpan.FromSeconds(30)), "waited in vain");

// The system knows a thread for some microseconds after its join, an emulated one for longer. Until then its slot is in
// use, and the next thread takes another.
static void AwaitUnused(RcuDomain domain) => Require(
    SpinWait.SpinUntil(() => domain.GetStatistics().ReaderSlotsInUse == 0, TimeSpan.FromSeconds(5)),
    $"{domain.GetStatistics()}");

static void Require(bool condition, string what) => NativeThread.Require(condition, what);

// What a thread may do with a domain and its pool, and with a sleepable domain.
internal sealed unsafe class Uses(RcuDomain domain) : IDisposable
{
    // In domains that validate each use allocates, and 300 of them would bring a collection about.
    private readonly int _perRun = Rcu.DefaultDomain.Options.Validate ? 4 : 300;

    private readonly SrcuDomain _sleepable = new();
    private readonly RcuPool<long> _pool = new(domain);
    private long _blocks;
    private int _sharedBlocks;

    public void Run()
    {
        for (int i = 0; i < _perRun; i++)
        {
            using (domain.ReadLock())
            {
                long* block = _pool.Rent();
                long mark = Interlocked.Increment(ref _blocks);
                *block = mark;
                using (_sleepable.ReadLock())
                {
                    domain.Free(NativeMemory.Alloc(16));
                }

                _sharedBlocks += *block == mark ? 0 : 1; // Rented by two threads at once.
                _pool.Free(block);
            }

            _sleepable.Free(NativeMemory.Alloc(16));
        }
    }

    public void Dispose()
    {
        _pool.Dispose();
        _sleepable.Dispose();
    }

    public void Check()
    {
        foreach (GracePeriodDomain one in (GracePeriodDomain[])[domain, _sleepable])
        {
            one.Synchronize();
            one.Barrier();

            // The operating system ends a thread some time after Join has returned.
            SpinWait.SpinUntil(() => one.GetStatistics().ReaderSlotsInUse == 0, TimeSpan.FromSeconds(5));
            RcuStatistics books = one.GetStatistics();
            NativeThread.Require(books is { BlocksWaiting: 0, ReadersAbandoned: 0, ReaderSlotsInUse: 0 }, $"{books}");
        }

        NativeThread.Require(domain.GetStatistics().BlocksQueued == 2 * _blocks, "blocks of the domain");
        NativeThread.Require(_sleepable.GetStatistics().BlocksQueued == _blocks, "blocks of the sleepable domain");
        NativeThread.Require(_sharedBlocks == 0, "a block was rented twice");
    }
}
