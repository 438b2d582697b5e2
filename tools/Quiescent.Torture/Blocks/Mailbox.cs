using System.Runtime.InteropServices;

namespace Quiescent.Torture.Blocks;

// A reader that dereferences a published block sees everything that was stored into it before, on each of the letter's
// lines; and a reader that has heard of a letter from another reader finds that letter or a newer one.
internal sealed unsafe class Mailbox
{
    private readonly Lock _writing = new();
    private RcuPointer<Letter> _newest;
    private long _written;
    private long _read;

    /// <summary>The letter that readers find; null before the first.</summary>
    public ref readonly RcuPointer<Letter> Newest => ref _newest;

    /// <summary>The number of a letter that some reader has read: later readers must not read an older one.</summary>
    public long ReadBySomebody => Volatile.Read(ref _read);

    /// <summary>Publishes a letter in one of three ways and returns the one it replaces, which the caller
    /// retires.</summary>
    public Letter* Post(int way)
    {
        // SAFETY: it belongs to the mailbox, whose owner retires it after it has been replaced.
        Letter* letter = (Letter*)NativeMemory.Alloc((nuint)sizeof(Letter));
        lock (_writing)
        {
            letter->Write(++_written);
            Letter* old = _newest.LoadProtected();
            switch (way)
            {
                case 0:
                    _newest.Assign(letter);
                    break;
                case 1:
                    _newest.Exchange(letter);
                    break;
                default:
                    _newest.CompareExchange(letter, old);
                    break;
            }

            return old;
        }
    }

    /// <summary>Null: the letter is right.</summary>
    public string? Fault(Letter* letter, long heardOf)
    {
        long number = letter->Number;
        if (!letter->IsWhole())
        {
            return $"Letter {number} was published before it was written.";
        }

        if (number < heardOf)
        {
            return $"Letter {number} was read after somebody had read letter {heardOf}.";
        }

        long seen = Volatile.Read(ref _read);
        while (seen < number)
        {
            long now = Interlocked.CompareExchange(ref _read, number, seen);
            if (now == seen)
            {
                break;
            }

            seen = now;
        }

        return null;
    }

    public void Clear() => NativeMemory.Free(_newest.Exchange(null));
}

// Words on four cache lines; the head comes last.
[StructLayout(LayoutKind.Explicit, Size = 272)]
internal unsafe struct Letter
{
    [FieldOffset(16)]
    private long _first;

    [FieldOffset(80)]
    private long _second;

    [FieldOffset(144)]
    private long _third;

    [FieldOffset(208)]
    private long _fourth;

    [FieldOffset(256)]
    public RcuHead Head;

    public readonly long Number => _first;

    // Plain stores: the publication orders them.
    public void Write(long number)
    {
        _fourth = ~number;
        _third = number * 3;
        _second = number ^ 0x5555;
        _first = number;
    }

    public readonly bool IsWhole() => _second == (_first ^ 0x5555) && _third == _first * 3 && _fourth == ~_first;
}
