using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Codegen.Probes;

// Runs every probe until the JIT has compiled all of them at its highest tier, so that its listing shows that code.
// Compiled ahead of time, they are run once over.
const int RoundsPerLook = 64;
TimeSpan bound = TimeSpan.FromMinutes(2);

using CompilationLog log = new();
using Probes probes = new();
Stopwatch watch = Stopwatch.StartNew();
do
{
    for (int i = 0; i < RoundsPerLook; i++)
    {
        probes.RunAll();
    }

    Thread.Yield();
    if (watch.Elapsed > bound)
    {
        Console.Error.WriteLine("Not all of the probes were compiled at the highest tier.");
        return 1;
    }
}
while (RuntimeFeature.IsDynamicCodeCompiled && !Probes.Methods.All(name => log.BytesOf(name).Count != 0));

return 0;
