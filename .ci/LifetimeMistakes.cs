// What the compiler only warns of in an unsafe context, each once. `lifetime_errors` in .ci/packages.sh compiles this
// against the package.
using System.Runtime.InteropServices;
using Quiescent;

static unsafe class Mistakes
{
    private static RcuPointer<int> s_number;
    private static int s_fallback;

    private static void Main() => s_number.Assign(null);

    private static ReadOnlySpan<byte> CS9080(RcuMemoryMappedFile file)
    {
        using ReadGuard guard = Rcu.ReadLock();
        ReadOnlySpan<byte> content = guard.Dereference(file);
        return content;
    }

    private static ref readonly int CS9082()
    {
        using ReadGuard guard = Rcu.ReadLock();
        ref readonly int number = ref guard.Dereference(in s_number);
        return ref number;
    }

    private static int CS9085()
    {
        ref readonly int last = ref s_fallback;
        using (ReadGuard guard = Rcu.ReadLock())
        {
            last = ref guard.Dereference(in s_number);
        }

        return last;
    }

    private static ref readonly int CS9087(ReadGuard guard) => ref guard.Dereference(in s_number);

    private static ref readonly int CS9091()
    {
        using ReadGuard guard = Rcu.ReadLock();
        return ref guard.Dereference(in s_number);
    }

    private static int CS9193()
    {
        using ReadGuard guard = Rcu.ReadLock();
        return guard.Dereference(Copy());
    }

    private static RcuPointer<int> Copy() => s_number;
}
