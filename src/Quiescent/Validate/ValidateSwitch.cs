namespace Quiescent.Validate;

// Whether all domains validate, whatever their options say: the AppContext switch Quiescent.Validate, or
// QUIESCENT_VALIDATE=1 in the environment. Read once; a constant to the JIT from then on.
internal static class ValidateSwitch
{
    public static readonly bool IsOnForAll =
        (AppContext.TryGetSwitch("Quiescent.Validate", out bool isOn) && isOn)
        || Environment.GetEnvironmentVariable("QUIESCENT_VALIDATE") is "1" or "true";
}
