using System.Diagnostics;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

// Readers of all kinds against updaters that free after each of the ways to wait. Blocks are poisoned when freed and
// reused only after that: poison inside a section means that a grace period was too short. What it is to catch is every
// break of O1 to O6 at once; which one, the tests of the engine and the litmus say.
[Trait("Category", "Slow")]
public sealed unsafe class PoisonUnderLoadTests
{
    private const int Pointers = 8;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1);

    public enum Wait
    {
        Synchronize,
        StartPoll,
        CondSynchronize,
        SynchronizeAsync,
    }

    public static MatrixTheoryData<ReadSideBarrier, Wait> AllWaits =>
        new(Enum.GetValues<ReadSideBarrier>(), Enum.GetValues<Wait>());

    [Theory]
    [MemberData(nameof(AllWaits))]
    public void No_reader_of_any_kind_sees_a_block_freed_after_a_grace_period(ReadSideBarrier readSide, Wait wait)
    {
        using RcuDomain domain = Domains.New(readSide);
        using Load load = new(domain);
        load.Run(wait, s_time);
        Assert.True(load.Updates > 0);
        Assert.Equal(0, load.PoisonSeen);
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a load that cannot see poison. Blocks freed at once must be caught.
    [Fact]
    public void The_load_sees_poison_where_no_updater_waits()
    {
        using RcuDomain domain = Domains.New();
        using Load load = new(domain);
        load.Run(wait: null, TimeSpan.FromSeconds(20));
        Assert.SkipWhen(load.PoisonSeen == 0, "Inconclusive: no reader was caught in twenty seconds.");
    }

    private sealed class Load : IDisposable
    {
        private readonly RcuDomain _domain;
        private readonly RcuPointer<long>* _pointers =
            (RcuPointer<long>*)QuarantineHeap.Allocate((nuint)(Pointers * sizeof(RcuPointer<long>)));

        private int _stop;
        private long _poisonSeen;
        private long _updates;

        public Load(RcuDomain domain)
        {
            _domain = domain;
            for (int i = 0; i < Pointers; i++)
            {
                _pointers[i].Assign(QuarantineHeap.New((long)i));
            }
        }

        public long PoisonSeen => Interlocked.Read(ref _poisonSeen);

        public long Updates => Interlocked.Read(ref _updates);

        public void Run(Wait? wait, TimeSpan time)
        {
            Worker[] readers =
            [
                Worker.Start(ReadWithGuards, "guards"),
                Worker.Start(ReadWithHandle, "handle"),
                Worker.Start(ReadOnline, "online"),
                Worker.Start(ComeAndGo, "coming and going"),
            ];
            Worker[] updaters = Worker.StartMany(2, i => Update(i, wait));
            long start = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start) > time || PoisonSeen != 0);
            Volatile.Write(ref _stop, 1);
            Worker.JoinAll(updaters);
            Worker.JoinAll(readers);
        }

        public void Dispose()
        {
            for (int i = 0; i < Pointers; i++)
            {
                QuarantineHeap.Free(_pointers[i].LoadProtected());
            }

            QuarantineHeap.Free(_pointers);
            QuarantineHeap.Empty();
        }

        private bool IsStopped => Volatile.Read(ref _stop) != 0;

        private void ReadWithGuards()
        {
            for (int i = 0; !IsStopped; i++)
            {
                using ReadGuard outer = _domain.ReadLock();
                long* block = outer.DereferencePointer(in _pointers[i % Pointers]);
                using (_domain.ReadLock())
                {
                    Look(block);
                }

                Look(block);
            }
        }

        private void ReadWithHandle()
        {
            using RcuReader reader = _domain.RegisterReader();
            for (int i = 0; !IsStopped; i++)
            {
                using ReadGuard guard = reader.ReadLock();
                Look(guard.DereferencePointer(in _pointers[i % Pointers]));
            }
        }

        private void ReadOnline()
        {
            using RcuReader reader = _domain.RegisterReader();
            reader.GoOnline();
            for (int i = 0; !IsStopped; i++)
            {
                using (ReadGuard guard = reader.ReadLock())
                {
                    Look(guard.DereferencePointer(in _pointers[i % Pointers]));
                }

                if (i % 64 == 0)
                {
                    reader.GoOffline();
                    reader.GoOnline();
                }
                else if (i % 4 == 0)
                {
                    reader.QuiescentState();
                }
            }

            reader.GoOffline();
        }

        private void ComeAndGo()
        {
            for (int i = 0; !IsStopped; i++)
            {
                Worker.Run(() =>
                {
                    using ReadGuard guard = _domain.ReadLock();
                    Look(guard.DereferencePointer(in _pointers[i % Pointers]));
                });
            }
        }

        private void Look(long* block)
        {
            for (int i = 0; i < 50; i++)
            {
                if (QuarantineHeap.IsPoison(Volatile.Read(ref *block)))
                {
                    Interlocked.Increment(ref _poisonSeen);
                    return;
                }
            }
        }

        private void Update(int updater, Wait? wait)
        {
            for (int i = 0; !IsStopped; i++)
            {
                long* block = QuarantineHeap.New((long)i);
                long* old = _pointers[(i + (updater * 3)) % Pointers].Exchange(block);
                WaitForReaders(wait);
                QuarantineHeap.Free(old);
                Interlocked.Increment(ref _updates);
            }
        }

        private void WaitForReaders(Wait? wait)
        {
            switch (wait)
            {
                case Wait.Synchronize:
                    _domain.Synchronize();
                    break;
                case Wait.StartPoll:
                    GracePeriodState started = _domain.StartPoll();
                    Until.True(() => _domain.Poll(started));
                    break;
                case Wait.CondSynchronize:
                    _domain.CondSynchronize(_domain.GetState());
                    break;
                case Wait.SynchronizeAsync:
                    _domain.SynchronizeAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
                    break;
                default:
                    break;
            }
        }
    }
}
