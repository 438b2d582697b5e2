using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Quiescent.Diagnostics;

// A meter's instruments, by its private field. A listener would pull the framework's own meters into native code, with
// all that they measure. Native code is bound to one version of the base library when it is compiled;
// tests/Programs/Native fails if the field is missing there. In a file of its own, as the build for systematic testing
// rewrites methods and cannot rewrite one without a body.
internal static class MeterInstruments
{
    /// <summary>Null where the base library has no such field.</summary>
    public static List<Instrument>? Of(Meter meter)
    {
        try
        {
            return InstrumentsOf(meter);
        }
        catch (MissingFieldException)
        {
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_instruments")]
    private static extern ref List<Instrument> InstrumentsOf(Meter meter);
}
