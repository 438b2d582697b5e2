using Quiescent;

// The process exits inside a lock, which nobody leaves any more, and a handler of the exit waits for the lock.
internal static class Locked
{
    public static int Run(bool isWriting)
    {
        RcuReaderWriterLock table = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                if (isWriting)
                {
                    table.Read().Dispose();
                }
                else
                {
                    table.Write().Dispose();
                }

                Console.Write("went on");
            }
            catch (TimeoutException)
            {
                Console.Write("timed out");
            }
        };
        if (isWriting)
        {
            using (table.Write())
            {
                Environment.Exit(3);
            }
        }

        using (table.Read())
        {
            Environment.Exit(3);
        }

        return 1;
    }
}
