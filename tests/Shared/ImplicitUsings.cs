namespace Quiescent.Shared;

/// <summary>The usings that the SDK adds to each project of the tree, for compilations that a test makes.</summary>
internal static class ImplicitUsings
{
    public const string Text = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;
}
