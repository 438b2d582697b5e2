using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Validate;

// Whether this program can validate at all, and whether all domains do, whatever their options say: the AppContext
// switch Quiescent.Validate, or QUIESCENT_VALIDATE=1 in the environment. Whether all have strict grace periods:
// Quiescent.StrictGracePeriod, or QUIESCENT_STRICT_GRACE_PERIOD=1. Read once; constants to the JIT from then on.
internal static class ValidateSwitch
{
    private static readonly bool s_isSupported =
        !AppContext.TryGetSwitch("Quiescent.Validate.IsSupported", out bool isSupported) || isSupported;

    private static readonly bool s_isStrictForAll =
        IsSet("Quiescent.StrictGracePeriod", "QUIESCENT_STRICT_GRACE_PERIOD");

    private static readonly bool s_isOnForAll = s_isStrictForAll || IsSet("Quiescent.Validate", "QUIESCENT_VALIDATE");

    /// <summary>Whether a domain can validate. A program that turns the switch off is compiled ahead of time, or
    /// trimmed, without validation.</summary>
    [FeatureSwitchDefinition("Quiescent.Validate.IsSupported")]
    public static bool IsSupported => s_isSupported;

    public static bool IsOnForAll => IsSupported && s_isOnForAll;

    /// <summary>Whether all domains have strict grace periods, and so validate.</summary>
    public static bool IsStrictForAll => IsSupported && s_isStrictForAll;

    private static bool IsSet(string name, string variable) =>
        (AppContext.TryGetSwitch(name, out bool isOn) && isOn)
        || Environment.GetEnvironmentVariable(variable) is "1" or "true";
}
