using Quiescent.Validate;

namespace Quiescent.Tests.Support;

// QUIESCENT_VALIDATE=1: every domain validates, whatever its options say. The tests run under it too
// (tests/conditions validate).
internal static class ValidateForAll
{
    public static bool IsOn => ValidateSwitch.IsOnForAll;

    /// <summary>Skips a test about domains that do not validate.</summary>
    public static void SkipIfOn() =>
        Assert.SkipWhen(IsOn, "Does not apply: QUIESCENT_VALIDATE makes every domain validate.");

    /// <summary>Skips the row of a theory that wants a domain without <c>Validate</c>.</summary>
    public static void SkipRowUnless(bool validate)
    {
        if (!validate)
        {
            SkipIfOn();
        }
    }

    /// <summary>The options that a domain has in the end.</summary>
    public static RcuDomainOptions Applied(RcuDomainOptions options) =>
        options with
        {
            Validate = options.Validate || options.StrictGracePeriod || IsOn,
            StrictGracePeriod = options.StrictGracePeriod || ValidateSwitch.IsStrictForAll,
        };

    /// <summary>How much a stress test queues. Under <c>Validate</c> each call walks the stack, so a twentieth takes
    /// longer than all of it otherwise.</summary>
    public static int Amount(int count) => IsOn ? count / 20 : count;
}
