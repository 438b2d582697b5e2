namespace Quiescent.Torture;

/// <summary>The result of a check; the numbers are the program's exit codes.</summary>
internal enum Verdict
{
    /// <summary>The detector was able to fail, and found nothing.</summary>
    Passed = 0,

    /// <summary>A promise was broken.</summary>
    Failed = 1,

    /// <summary>The detector's control did not fail here, so that its silence is no evidence.</summary>
    Inconclusive = 3,
}
