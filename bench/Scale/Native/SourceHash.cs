using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Quiescent.Scale.Native;

// Tells whether sources have changed since a program was built from them.
internal static class SourceHash
{
    private static readonly string[] s_built = ["bin", "obj"];

    /// <summary>Hashes the files, and everything in the folders except build results.</summary>
    public static string Of(IEnumerable<string> paths)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(RuntimeInformation.OSArchitecture.ToString()));
        foreach (string path in paths)
        {
            foreach (string file in FilesOf(path))
            {
                hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(path, file)));
                hash.AppendData(File.ReadAllBytes(file));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static IEnumerable<string> FilesOf(string path) => File.Exists(path)
        ? [path]
        : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(path, file).Split(Path.DirectorySeparatorChar).Any(s_built.Contains))
            .Order(StringComparer.Ordinal);
}
