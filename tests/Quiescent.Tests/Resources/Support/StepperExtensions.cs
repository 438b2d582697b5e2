namespace Quiescent.Tests.Resources.Support;

internal static class StepperExtensions
{
    private const int ManyGracePeriods = 5;

    /// <summary>Lets more grace periods pass than any release takes, and reclaims after each. Unlike
    /// <see cref="GracePeriodStepper.AdvanceUntilIdle"/> it goes on when a reader is in the way and when nothing waits:
    /// a release that comes too early, or a second time, has every chance to show.</summary>
    public static void Advance(this GracePeriodStepper steps)
    {
        for (int i = 0; i < ManyGracePeriods; i++)
        {
            steps.TryAdvance();
            steps.Reclaim();
        }
    }
}
