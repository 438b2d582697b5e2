using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// One use of a primitive by an actor that keeps nothing from one use to the next.
internal static unsafe class Operations
{
    public static void Do(Subject subject, Primitive primitive, Rng random)
    {
        if (Primitives.IsWait(primitive))
        {
            Waits.For(subject, primitive, random);
        }
        else if (Primitives.IsCall(primitive))
        {
            // SAFETY: the exchange makes it this caller's alone.
            AgeBlock* block = subject.Pipe.Unlink(random);
            if (block != null)
            {
                Calls.Queue(subject, block, primitive);
            }
        }
        else if (Primitives.IsFree(primitive))
        {
            Frees.Replace(subject, primitive, random);
        }
        else
        {
            Posts.Replace(subject, primitive);
        }
    }
}
