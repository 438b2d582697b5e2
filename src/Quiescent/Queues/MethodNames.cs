using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Quiescent.Queues;

// What a method is called, for reports.
internal static class MethodNames
{
    public static string Of(Delegate callback) => DiagnosticMethodInfo.Create(callback) is { } method
        ? $"{method.DeclaringTypeName}.{method.Name}"
        : callback.GetType().ToString();

    /// <summary>The method that a pointer calls: found among the loaded ones of that signature, else named by its
    /// address. Slow.</summary>
    public static string OfFunction(nint function, Type parameter)
    {
        if (RuntimeFeature.IsDynamicCodeCompiled)
        {
            foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                try
                {
                    if (FindIn(assembly, function, parameter) is { } method)
                    {
                        return $"{method.DeclaringType}.{method.Name}";
                    }
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    // An assembly that does not load whole: the report says less.
                }
            }
        }

        return $"0x{function:x}";
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A method that was trimmed away is called by nobody.")]
    [UnconditionalSuppressMessage("Trimming", "IL2065", Justification = "A method that was trimmed away is called by nobody.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A method that was trimmed away is called by nobody.")]
    private static MethodInfo? FindIn(Assembly assembly, nint function, Type parameter)
    {
        string? library = parameter.Assembly.GetName().Name;
        if (assembly != parameter.Assembly && !Array.Exists(assembly.GetReferencedAssemblies(), reference => reference.Name == library))
        {
            return null;
        }

        foreach (Type type in assembly.GetTypes())
        {
            foreach (MethodInfo method in type.GetMethods(
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!method.ContainsGenericParameters
                    && method.ReturnType == typeof(void)
                    && method.GetParameters() is [{ ParameterType: { IsPointer: true } pointer }]
                    && pointer.GetElementType() == parameter
                    && method.MethodHandle.GetFunctionPointer() == function)
                {
                    return method;
                }
            }
        }

        return null;
    }
}
