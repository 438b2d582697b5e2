using System.Reflection;
using System.Runtime.InteropServices;
using Quiescent;

// A process that refuses itself one command of membarrier(2), as a container's filter of system calls may, before it
// uses the library. Linux on x64.
internal static unsafe partial class Filter
{
    private const int SetNoNewPrivileges = 38;
    private const int SetSecureComputing = 22;
    private const nuint FilterMode = 2;
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint Membarrier = 324;
    private const uint Allow = 0x7fff0000;
    private const uint Refuse = 0x00050001; // EPERM

    /// <summary>Writes whether the library trusts the process-wide barrier, and what it then freed.</summary>
    public static int Run(uint refused)
    {
        Install(refused);
        Rcu.Free(NativeMemory.Alloc(16));
        Rcu.Barrier();
        object? isReliable = typeof(Rcu).Assembly
            .GetType("Quiescent.Ordering.ProcessWideBarrier", throwOnError: true)!
            .GetField("IsReliable", BindingFlags.Public | BindingFlags.Static)!
            .GetValue(null);
        Console.Write($"{isReliable}, {Rcu.GetStatistics().BlocksFreed} freed");
        return 0;
    }

    // The number of the call is the first word that the filter sees; its first argument begins at the 16th byte.
    private static void Install(uint refused)
    {
        Instruction* code = stackalloc Instruction[]
        {
            new(LoadWord, 0, 0, 0),
            new(JumpIfEqual, 0, 3, Membarrier),
            new(LoadWord, 0, 0, 16),
            new(JumpIfEqual, 0, 1, refused),
            new(Return, 0, 0, Refuse),
            new(Return, 0, 0, Allow),
        };
        Program program = new() { Length = 6, Code = code };
        if (Control(SetNoNewPrivileges, 1, null, 0, 0) != 0
            || Control(SetSecureComputing, FilterMode, &program, 0, 0) != 0)
        {
            throw new InvalidOperationException("The kernel takes no filter.");
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint first, void* second, nuint third, nuint fourth);

    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    private struct Program
    {
        public ushort Length;
        public Instruction* Code;
    }
}
