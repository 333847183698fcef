using System.Diagnostics;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Sallyport.Tools.Mutation;

/// <summary>The gateway's sources as the build compiles them, ready to be compiled again with changes in them.</summary>
internal sealed class GatewayCompilation
{
    private readonly string _repository;
    private readonly CSharpCompilation _compilation;
    private readonly CSharpCompilation _switched;

    private GatewayCompilation(string repository, CSharpCompilation compilation)
    {
        _repository = repository;
        _compilation = compilation;
        _switched = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(Switches.Source, (CSharpParseOptions)compilation.SyntaxTrees[0].Options));
    }

    /// <param name="repository">Root of the repository; the gateway must have been built.</param>
    public static async Task<GatewayCompilation> LoadAsync(string repository)
    {
        var directory = Path.Combine(repository, "src", "Gateway");
        var arguments = CSharpCommandLineParser.Default.Parse(await CompilerArgumentsAsync(directory), directory, sdkDirectory: null);
        var trees = arguments.SourceFiles.Select(
            file => CSharpSyntaxTree.ParseText(File.ReadAllText(file.Path), arguments.ParseOptions, file.Path, arguments.Encoding ?? System.Text.Encoding.UTF8));
        var references = arguments.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference, reference.Properties));
        var options = arguments.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress);
        var compilation = CSharpCompilation.Create(arguments.CompilationName, trees, references, options);
        // Generated sources do not depend on what is mutated, so they are made once.
        var generators = arguments.AnalyzerReferences
            .Select(reference => new Microsoft.CodeAnalysis.Diagnostics.AnalyzerFileReference(reference.FilePath, new InProcess()))
            .SelectMany(reference => reference.GetGenerators(LanguageNames.CSharp));
        CSharpGeneratorDriver.Create(generators, parseOptions: arguments.ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        return new GatewayCompilation(repository, (CSharpCompilation)generated);
    }

    public IEnumerable<SyntaxTree> FilesBelow(string folder)
    {
        var directory = Path.Combine(_repository, folder) + Path.DirectorySeparatorChar;
        return _compilation.SyntaxTrees.Where(tree => tree.FilePath.StartsWith(directory, StringComparison.Ordinal));
    }

    /// <summary>Whether the file with this change alone compiles.</summary>
    public bool Compiles(Mutant mutant)
    {
        var changed = Switches.Add(mutant.Tree, [mutant]);
        return !_switched.ReplaceSyntaxTree(mutant.Tree, changed).GetSemanticModel(changed).GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error);
    }

    /// <summary>The assembly with all changes in it, each behind its switch.</summary>
    public byte[] Emit(IEnumerable<Mutant> mutants)
    {
        var changed = mutants.GroupBy(mutant => mutant.Tree)
            .Aggregate(_switched, (compilation, file) => compilation.ReplaceSyntaxTree(file.Key, Switches.Add(file.Key, [.. file])));
        using var assembly = new MemoryStream();
        var result = changed.Emit(assembly);
        return result.Success
            ? assembly.ToArray()
            : throw new InvalidOperationException("the gateway does not compile: " + result.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error));
    }

    private static async Task<string[]> CompilerArgumentsAsync(string directory)
    {
        var answer = Path.GetTempFileName();
        var start = new ProcessStartInfo("dotnet", [
            "msbuild", "Gateway.csproj", "-nologo", "-p:DesignTimeBuild=true", "-p:NonExistentFile=none", "-p:ProvideCommandLineArgs=true",
            "-p:SkipCompilerExecution=true", "-p:BuildProjectReferences=false", "-t:ResolveReferences,CoreCompile", "-getItem:CscCommandLineArgs",
            "-getResultOutputFile:" + answer])
        {
            WorkingDirectory = directory,
        };
        using (var process = Process.Start(start)!)
        {
            await process.WaitForExitAsync();
        }

        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(answer));
        File.Delete(answer);
        return [.. document.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!)];
    }

    /// <summary>Generators run inside this process.</summary>
    private sealed class InProcess : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public System.Reflection.Assembly LoadFromPath(string fullPath) => System.Reflection.Assembly.LoadFrom(fullPath);
    }
}
