namespace Quiescent.Torture.Blocks;

// The ages that readers saw at the end of their sections (rcutorture's "Reader Pipe"). 0: still linked. 1: unlinked
// meanwhile, which shows that sections do hold unlinked blocks. More: a grace period has ended under an open section.
internal sealed class AgeHistogram
{
    public const int MaxAllowed = 1;

    private readonly long[] _counts = new long[AgePipe.Stages + 1];

    /// <summary>Returns whether the age is allowed.</summary>
    public bool Record(int age)
    {
        Interlocked.Increment(ref _counts[Math.Clamp(age, 0, AgePipe.Stages)]);
        return age is >= 0 and <= MaxAllowed;
    }

    public long[] Read()
    {
        long[] copy = new long[_counts.Length];
        for (int i = 0; i < copy.Length; i++)
        {
            copy[i] = Interlocked.Read(ref _counts[i]);
        }

        return copy;
    }

    /// <summary>Adds another histogram to this one.</summary>
    public void Add(AgeHistogram other)
    {
        long[] counts = other.Read();
        for (int i = 0; i < counts.Length; i++)
        {
            Interlocked.Add(ref _counts[i], counts[i]);
        }
    }
}
