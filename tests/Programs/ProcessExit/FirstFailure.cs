using System.Reflection;
using Quiescent;

// The library's first use in the process finds no memory, the second one does.
internal static class FirstFailure
{
    public static int Run()
    {
        AppContext.SetSwitch("Quiescent.FaultInjection", true);
        Type injection = typeof(Rcu).Assembly.GetType("Quiescent.Ordering.FaultInjection")!;
        PropertyInfo decide = injection.GetProperty("Decide")!;
        MethodInfo always = typeof(FirstFailure)
            .GetMethod(nameof(Always), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(typeof(Rcu).Assembly.GetType("Quiescent.Ordering.FaultSite")!);
        decide.SetValue(null, always.CreateDelegate(decide.PropertyType));
        try
        {
            Rcu.Synchronize();
            Console.Write("no failure, ");
        }
        catch (Exception e)
        {
            Console.Write($"{e.GetType().Name}, ");
        }

        decide.SetValue(null, null);
        Rcu.Synchronize();
        Console.Write("passed");
        return 0;
    }

    private static bool Always<TSite>(TSite site) => true;
}
