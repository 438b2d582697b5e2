using System.Diagnostics;
using Quiescent.Torture.Background;

namespace Quiescent.Torture.Actors;

// A thread of a torture: it takes steps until the run ends. It says what it is doing, for the watchdog to report. An
// exception in it is a failure of the run.
internal abstract class Actor
{
    private readonly Thread _thread;
    private string _doing = "nothing yet";
    private long _since;
    private long _steps;

    protected Actor(string name, Session session)
    {
        Session = session;
        Random = session.NewRng();
        _thread = new Thread(Run, maxStackSize: 512 * 1024) { Name = name, IsBackground = true };
    }

    public string Name => _thread.Name!;

    /// <summary>The actors of one kind share a line of the closing table.</summary>
    public string Kind => GetType().Name;

    public long Steps => Volatile.Read(ref _steps);

    public bool HasEnded => !_thread.IsAlive;

    /// <summary>The actor's further counts, for the closing table.</summary>
    public virtual IEnumerable<(string Name, long Count)> Figures => [];

    protected Session Session { get; }

    protected Rng Random { get; }

    public void Start() => _thread.Start();

    public bool Join(TimeSpan atMost) => _thread.Join(atMost);

    /// <summary>What the actor is doing, and for how long; zero while it is between steps.</summary>
    public (string Doing, TimeSpan For) Activity()
    {
        long since = Volatile.Read(ref _since);
        return (Volatile.Read(ref _doing), since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since));
    }

    /// <summary>Names the operation that follows. A constant, because it stands before each operation that may
    /// hang.</summary>
    public void Doing(string what)
    {
        Volatile.Write(ref _doing, what);
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
    }

    /// <summary>A short piece of work. If it waits, the watchdog is the bound.</summary>
    protected abstract void Step();

    /// <summary>Puts in order what the steps have left behind, on the actor's own thread.</summary>
    protected virtual void Finish()
    {
    }

    /// <summary>Waits until the condition holds. False: the run is ending, and the actors that would make it hold may
    /// be gone.</summary>
    protected bool WaitUntil(Func<bool> condition)
    {
        SpinWait spin = default;
        while (!condition())
        {
            if (Session.Gate.IsStopping)
            {
                return condition();
            }

            spin.SpinOnce();
        }

        return true;
    }

    private void Run()
    {
        try
        {
            ThreadAffinity affinity = default;
            while (Session.Gate.Pass())
            {
                affinity.Follow(Session.Affinity);
                Doing("a step");
                Step();
                Volatile.Write(ref _since, 0);
                Volatile.Write(ref _steps, _steps + 1);
            }

            Doing("its finish");
            Finish();
            Volatile.Write(ref _since, 0);
        }
#pragma warning disable CA1031 // Whatever it is, it is a failure of the run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Session.Failures.Add($"The actor '{Name}' ended, doing {_doing}, with {e}");
        }
    }
}
