using Microsoft.Coyote.Random;
using Microsoft.Coyote.Runtime;
using Microsoft.Coyote.Specifications;
using Platform = System.Runtime.InteropServices.NativeMemory;

namespace Quiescent.Systematic.Support;

// One run of a scenario: its threads, one of which has its turn at a time, and the order of their turns. The
// exploration chooses whose turn it is at some of the points only: on average at every 2nd, 4th, 8th or 16th (close up:
// at each, or every 2nd), and the schedule says which. Few bugs need many switches, and switches take most of the time.
internal sealed class Schedule
{
    [ThreadStatic]
    private static Schedule? t_current;

    [ThreadStatic]
    private static int t_number;

    private readonly List<Life> _lives = [];
    private readonly List<Thread> _started = [];
    private readonly HashSet<nint> _blocks = [];
    private readonly Generator _choices = Generator.Create();
    private readonly uint _spacing;
    private volatile bool _isOver;
    private ulong _drawn;
    private int _running;

    /// <summary>Begins a schedule; its random choices are the exploration's, so that they can be replayed.</summary>
    public Schedule(bool isCloseUp)
    {
        _spacing = isCloseUp ? 1u << Choose(2) : 2u << Choose(4);
        _drawn = (ulong)Choose(int.MaxValue);
    }

    /// <summary>The schedule that the current thread belongs to; null for the runtime's and the test
    /// framework's.</summary>
    public static Schedule? Current => t_current;

    /// <summary>Says which thread had which turn: schedules with different values differ.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    /// <summary>The numbers of the blocks freed so far, in that order.</summary>
    public List<int> Freed { get; } = [];

    /// <summary>Lets others have their turn before what the current thread does next.</summary>
    public static void Point() => t_current?.Reach();

    /// <summary>Waits until the condition holds. It may be evaluated at any time, by any thread: it reads plain fields
    /// only.</summary>
    public static void Until(Func<bool> condition)
    {
        Point();
        Operation.PauseUntil(condition);
        Point();
    }

    /// <summary>As <see cref="Until"/>, for a thread that holds nothing: the schedule may end meanwhile.</summary>
    public static void RestUntil(Func<bool> condition)
    {
        Life? life = t_number == 0 ? null : t_current?._lives[t_number - 1];
        SetAtRest(life, true);
        Until(condition);
        SetAtRest(life, false);
    }

    /// <summary>Ends the exploration with a failure if the condition does not hold.</summary>
    public static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            Specification.Assert(false, otherwise);
        }
    }

    /// <summary>Runs a scenario on the current thread, the schedule's first. Its own threads have ended when it
    /// returns. So have the library's, or they are at rest: a thread that ended at a point inside one of the process's
    /// locks would keep it from the next schedule.</summary>
    public void Run(Action<Schedule> scenario)
    {
        t_current = this;
        scenario(this);
        Until(() => _lives.TrueForAll(static life => life.HasEnded || life.IsAtRest));
    }

    /// <summary>A number from 0 to below the limit, the exploration's choice.</summary>
    public int Choose(int limit) => _choices.NextInteger(limit);

    /// <summary>Keeps the block's memory until the schedule has ended.</summary>
    public unsafe void Keep(Block* block) => _blocks.Add((nint)block);

    public unsafe bool IsBlock(void* memory) => _blocks.Contains((nint)memory);

    /// <summary>No thread goes on: each that is left ends at its next point. If all have ended, the blocks' memory is
    /// released too.</summary>
    public unsafe void End()
    {
        _isOver = true;
        if (_lives.TrueForAll(life => life.HasEnded))
        {
            foreach (nint block in _blocks)
            {
                Platform.Free((void*)block);
            }
        }
    }

    public Thread Create(ThreadStart body)
    {
        Life life = new();
        int number = _lives.Count + 1;
        life.Thread = new Thread(() =>
        {
            t_current = this;
            t_number = number;
            try
            {
                body();
            }
            finally
            {
                life.HasEnded = true;
                _running--;
            }
        });
        _lives.Add(life);
        _running++;
        return life.Thread;
    }

    /// <summary>Starts a thread of the scenario.</summary>
    public Thread Start(ThreadStart body)
    {
        Thread thread = Create(body);
        _started.Add(thread);
        thread.Start();
        return thread;
    }

    /// <summary>Waits for all threads that the scenario has started so far.</summary>
    public void JoinAll()
    {
        foreach (Thread thread in _started)
        {
            thread.Join();
        }

        _started.Clear();
    }

    /// <summary>Null for a thread that does not belong to this schedule.</summary>
    public bool? HasEnded(Thread thread) => _lives.Find(life => life.Thread == thread)?.HasEnded;

    private static void SetAtRest(Life? life, bool isAtRest)
    {
        if (life is not null)
        {
            life.IsAtRest = isAtRest;
        }
    }

    private void Reach()
    {
        // Coyote interrupts the threads of a schedule that has ended, which the library is built to outlive.
        if (_isOver)
        {
            throw new ThreadInterruptedException();
        }

        // Alone, as before the first thread and after the last, there is nothing to choose.
        if (_running == 0 || Draw() % _spacing != 0)
        {
            return;
        }

        SchedulingPoint.Interleave();
        Fingerprint = (Fingerprint ^ (uint)t_number) * 1099511628211;
    }

    private uint Draw()
    {
        _drawn = (_drawn * 6364136223846793005) + 1442695040888963407;
        return (uint)(_drawn >> 40);
    }

    private sealed class Life
    {
        public Thread? Thread { get; set; }

        public bool HasEnded { get; set; }

        public bool IsAtRest { get; set; }
    }
}
