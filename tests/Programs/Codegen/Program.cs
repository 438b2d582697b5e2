using Quiescent.Codegen;
using Quiescent.Codegen.Listings;

if (args.Length != 2)
{
    Console.Error.WriteLine(
        "Arguments: NAME FILE: what the report calls the code, and what llvm-objdump -d -r wrote of it.");
    return 2;
}

int passed = 0;
int failed = 0;
foreach (Verdict verdict in Verdict.Of(ObjdumpListing.Parse(File.ReadAllText(args[1]))))
{
    if (verdict.Faults.Count == 0)
    {
        passed++;
        Console.WriteLine($"pass  {args[0]}: {verdict.Method}");
    }
    else
    {
        failed++;
        Console.WriteLine($"FAIL  {args[0]}: {verdict.Method}: {string.Join("; ", verdict.Faults)}");
    }
}

Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;
