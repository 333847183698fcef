using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;

namespace Sallyport.Tools.Mutation;

/// <summary>
/// Runs the tests of one namespace again and again inside one process, each time with another mutant switched on. A mutant that never ends or
/// ends the process ends this worker; the bench then starts another behind it.
/// </summary>
internal static class Worker
{
    private const string Passed = "pass";
    private const string Failed = "fail";

    /// <param name="directory">The built unit tests, with the changed gateway.</param>
    /// <param name="tests">How the full names of the test classes to run begin; several with commas between.</param>
    /// <param name="numbers">The mutants to try; 0 is the unchanged gateway.</param>
    public static async Task RunAsync(string directory, string tests, IEnumerable<int> numbers)
    {
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(directory, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        var active = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(directory, "Sallyport.Gateway.dll"))
            .GetType("Mutation.Switch")!.GetField("Active")!;
        var cases = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(directory, "Sallyport.Unit.dll")).GetTypes()
            .Where(type => !type.IsAbstract && Array.Exists(tests.Split(','), prefix => type.FullName!.StartsWith(prefix, StringComparison.Ordinal)))
            .SelectMany(type => type.GetMethods()).SelectMany(CasesOf).ToList();
        if (cases.Count == 0)
        {
            throw new InvalidOperationException($"no tests in {tests}");
        }

        cases = [.. await ByDurationAsync(cases)];
        foreach (var number in numbers)
        {
            active.SetValue(null, number);
            var passed = await PassAsync(cases);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} {(passed ? Passed : Failed)}"));
        }
    }

    /// <param name="line">One line of a worker's output.</param>
    public static (int Number, bool Passed)? Read(string line) =>
        line.Split(' ') is [var number, Passed or Failed] && int.TryParse(number, CultureInfo.InvariantCulture, out var parsed)
            ? (parsed, line.EndsWith(Passed, StringComparison.Ordinal))
            : null;

    private static async Task<bool> PassAsync(List<(MethodInfo Test, object?[] Arguments)> cases)
    {
        // Quick tests first, and first of all what failed the last mutant, which often fails the next one, too.
        for (var i = 0; i < cases.Count; i++)
        {
            if (!await PassesAsync(cases[i]))
            {
                cases.Insert(0, cases[i]);
                cases.RemoveAt(i + 1);
                return false;
            }
        }

        return true;
    }

    private static async Task<bool> PassesAsync((MethodInfo Test, object?[] Arguments) test)
    {
        try
        {
            var instance = test.Test.IsStatic ? null : Activator.CreateInstance(test.Test.DeclaringType!);
            if (test.Test.Invoke(instance, test.Arguments) is Task task)
            {
                await task;
            }

            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static async Task<IEnumerable<(MethodInfo Test, object?[] Arguments)>> ByDurationAsync(List<(MethodInfo Test, object?[] Arguments)> cases)
    {
        var durations = new List<TimeSpan>();
        foreach (var test in cases)
        {
            var watch = Stopwatch.StartNew();
            await PassesAsync(test);
            durations.Add(watch.Elapsed);
        }

        return cases.Zip(durations).OrderBy(test => test.Second).Select(test => test.First);
    }

    private static IEnumerable<(MethodInfo Test, object?[] Arguments)> CasesOf(MethodInfo method)
    {
        foreach (var attribute in method.GetCustomAttributes())
        {
            switch (attribute.GetType().Name)
            {
                case "FactAttribute":
                    yield return (method, []);
                    break;
                case "InlineDataAttribute":
                    yield return (method, (object?[])attribute.GetType().GetProperty("Data")!.GetValue(attribute)!);
                    break;
                case "MemberDataAttribute":
                    var member = (string)attribute.GetType().GetProperty("MemberName")!.GetValue(attribute)!;
                    foreach (var row in (IEnumerable)method.DeclaringType!.GetProperty(member)!.GetValue(null)!)
                    {
                        yield return (method, row as object?[] ?? (object?[])row.GetType().GetInterface("ITheoryDataRow")!.GetMethod("GetData")!.Invoke(row, [])!);
                    }

                    break;
            }
        }
    }
}
