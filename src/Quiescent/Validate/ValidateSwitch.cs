using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Validate;

// Whether this program can validate at all, and whether all domains do, whatever their options say: the AppContext
// switch Quiescent.Validate, or QUIESCENT_VALIDATE=1 in the environment. Read once; constants to the JIT from then on.
internal static class ValidateSwitch
{
    private static readonly bool s_isSupported =
        !AppContext.TryGetSwitch("Quiescent.Validate.IsSupported", out bool isSupported) || isSupported;

    private static readonly bool s_isOnForAll =
        (AppContext.TryGetSwitch("Quiescent.Validate", out bool isOn) && isOn)
        || Environment.GetEnvironmentVariable("QUIESCENT_VALIDATE") is "1" or "true";

    /// <summary>Whether a domain can validate. A program that turns the switch off is compiled ahead of time, or
    /// trimmed, without validation.</summary>
    [FeatureSwitchDefinition("Quiescent.Validate.IsSupported")]
    public static bool IsSupported => s_isSupported;

    public static bool IsOnForAll => IsSupported && s_isOnForAll;
}
