using System.Diagnostics;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>A place in the program, and when it was passed: where a section was entered. Known in domains with
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

    /// <summary>How long before the report the call was made.</summary>
    public TimeSpan Age { get; }

    /// <summary>One line: the method, and where its source is known, file and line.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _site.ToString();

    internal static RcuCallSite Of(SectionEntry entry) =>
        new(entry.Site, Stopwatch.GetElapsedTime(entry.At));
}
