using System.Collections;
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
    /// <param name="tests">How the namespaces of the tests to run begin.</param>
    /// <param name="numbers">The mutants to try; 0 is the unchanged gateway.</param>
    public static async Task RunAsync(string directory, string tests, IEnumerable<int> numbers)
    {
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(directory, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        var active = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(directory, "Sallyport.Gateway.dll"))
            .GetType("Mutation.Switch")!.GetField("Active")!;
        var cases = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(directory, "Sallyport.Unit.dll")).GetTypes()
            .Where(type => type.Namespace?.StartsWith(tests, StringComparison.Ordinal) is true && !type.IsAbstract)
            .SelectMany(type => type.GetMethods()).SelectMany(CasesOf).ToList();
        if (cases.Count == 0)
        {
            throw new InvalidOperationException($"no tests in {tests}");
        }

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
        // What failed the last mutant often fails the next one, too.
        for (var i = 0; i < cases.Count; i++)
        {
            try
            {
                var instance = cases[i].Test.IsStatic ? null : Activator.CreateInstance(cases[i].Test.DeclaringType!);
                if (cases[i].Test.Invoke(instance, cases[i].Arguments) is Task task)
                {
                    await task;
                }
            }
            catch (Exception)
            {
                cases.Insert(0, cases[i]);
                cases.RemoveAt(i + 1);
                return false;
            }
        }

        return true;
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
