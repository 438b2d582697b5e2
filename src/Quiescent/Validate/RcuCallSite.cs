using System.Diagnostics;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>Where and when the program entered a section. Known in domains with
/// <see cref="RcuDomainOptions.Validate"/>.</summary>
public sealed class RcuCallSite
{
    private readonly CallerSite _site;

    internal RcuCallSite(CallerSite site, TimeSpan age)
    {
        _site = site;
        Age = age;
    }

    /// <summary>The method that called the library, with its type.</summary>
    public string Method => _site.Method;

    /// <summary>The source file of the call; null without symbols.</summary>
    public string? File => _site.File;

    /// <summary>The line in it; 0 without symbols.</summary>
    public int Line => _site.Line;

    /// <summary>All frames, a line each, from the call outwards.</summary>
    public string StackTrace => _site.StackText;

    /// <summary>The time between the call and the report.</summary>
    public TimeSpan Age { get; }

    /// <summary>One line: the method and, if its source is known, file and line.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _site.ToString();

    internal static RcuCallSite Of(SectionEntry entry) =>
        new(entry.Site, Stopwatch.GetElapsedTime(entry.At));
}
