package text

import (
	"slices"
	"strings"
)

// Stop reports whether a folded word says nothing about the subject of a text
// in that language: articles, pronouns, auxiliaries, question words, politeness
// and also negations, which a search by words cannot honour. An unknown
// language has no stop words.
func Stop(language, word string) bool {
	_, found := slices.BinarySearch(stopWords[language], word)
	return found
}

var stopWords = map[string][]string{
	"en": list(englishStops), "de": list(germanStops), "fr": list(frenchStops), "es": list(spanishStops),
	"it": list(italianStops), "nl": list(dutchStops), "pt": list(portugueseStops),
}

func list(s string) []string {
	words := strings.Fields(s)
	slices.Sort(words)
	return words
}

const englishStops = `a about after again all also am an and any anybody anyone anything are aren't as at be been before being
both but by can can't cannot could couldn't dear did didn't do does doesn't doing don't e.g each else etc ever every for from
had has hasn't have haven't having he hello help hey hi her here here's him his how how's i i'd i'll i'm i.e i've if in into is
isn't it it's its just know let let's like may maybe me might mine more most much must my need no nor not now of off on one only
or other our ours out over own per please regards same shall she should shouldn't so some somehow someone something such take takes tell
than thank thanks that that's the their theirs them then there there's these they they're this those though through thus to too
under until up upon us very via want was wasn't way we we're we've were weren't what what's when where where's whether which while
who whom whose why will with within without won't would wouldn't yes yet you you're you've your yours`

const germanStops = `ab aber dauern dauert alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist bitte bitten
da dabei dafür damit danach danke dann daran darauf darf das dass dazu dein deine dem den denn der des d.h dich die dies diese diesem diesen dieser
dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure falls für gibt gegen grüße guten habe haben hallo hat
hatte hatten hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem jeden jeder jedes
jetzt kann kannst kein keine keinen können könnte lassen lässt leider machen mal man mein meine meinem meinen meiner mich mir mit möchte
möglich muss müssen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so soll sollte
sondern tag tun über um und uns unser unsere unter usw viel vielen vom von vor wann war waren warum was weil welche welchem welchen
welcher welches wenn wer werde werden weshalb wie wieder wieso will wir wird wo wofür woher wohin wollen wurde wurden würde z.b zu zum zur zwischen`

const frenchStops = `a afin ai alors après as au aucun aussi autre aux avant avec avez avoir avons bien bonjour c ça car ce ceci cela celle celui cent
ces cet cette ceux chaque chez ci comme comment concernant d dans de depuis des dès deux devez devrais doit dois donc dont du elle elles en encore entre es est
est-ce et être étais était êtes eu eux fait faire faut il ils j je l la là le les leur leurs lors lorsqu lorsque lui m ma mais même merci mes moi
moins mon n ne ni non nos notre nous on ont ou où par parce pas pendant peu peut peux plus pour pourquoi pourrais pouvez puis puisque qu
quand que quel quelle quelles quels qui quoi s sa sans se sera ses si son sont sous sur t ta te tes toi ton tous tout toute toutes très tu
un une veut veux voudrais vos votre vous vouloir y`

const spanishStops = `a al algo algún alguna algunas alguno algunos ante antes aquel aquella aquí así aún aunque cada como cómo con cual cuál cuáles
cualquier cuando cuándo cuánto cuánta cuántos de debe debo del desde donde dónde dos durante e el él ella ellas ellos en entonces entre era eres es esa
esas ese eso esos esta está estaba están estar estas este esto estos estoy favor fue fueron gracias ha haber había hace hacer hacia han has hasta hay he
hola incluso la las le les lo los más me mediante mi mí mientras mis mismo mucho muy nada necesito ni no nos nosotros nuestra nuestro o os
otra otro otros para pero poco por porque porqué puede pueden puedo pues que qué quién quien quiero quisiera se sea según ser si sí sido siempre
sin sino sobre solo sólo son soy su sus tal también tampoco tan tanto te tener tengo ti tiene tienen todo todos tras tu tú tus un una unas
uno unos usted ustedes y ya yo`

const italianStops = `a abbiamo ad adesso agli ai al all alla alle allo allora altri altro anche ancora aver avere avete avevo c che chi ci ciao ciò cioè
coi col come con così cosa cui d da dagli dai dal dall dalla dalle dallo degli dei del dell della delle dello deve devo di dopo dove dovrei due e è ed egli
era erano essere fa fare fra già gli grazie ha hai hanno ho i il in invece io l la là le lei li lo loro lui ma me mentre mi mia mie miei mio molto
ne né negli nei nel nell nella nelle nello niente no noi non nostra nostro o ogni ora per perché perciò però più poi possiamo posso possono potrei può pure
qua qual quale quali quando quanta quanti quanto quasi quella quell quelle quelli quello questa quest queste questi questo qui s salve se sei senza
si sia siamo siete solo sono sotto sta stata stato su sua sue sugli sui sul sull sulla sulle suo suoi t ti tra troppo tu tua tuo tutti tutto un una
uno va vi via voglio voi vorrei vostra vostro`

const dutchStops = `aan af al alle alleen als alstublieft altijd andere ben bent bij bijv dan dank dat de deze die dit doe doen door dus een en er
ervan geen graag had hallo heb hebben hebt heeft hem het hier hij hoe hoeveel hun iets ieder iedere iemand ik in is ja je jij jou jouw jullie kan kon
kunnen kunt maar mag me meer men met mij mijn moet moeten mogen na naar niet niets nodig nog nu of om omdat ons onze ook op over per te tegen ten ter toch
toen tot u uit uw van vanuit veel via voor waar waarom waarop wanneer want was wat we weer wel welk welke werd wie wij wil willen word worden wordt
ze zelf zich zij zijn zo zonder zou zouden zullen`

const portugueseStops = `a à agora ainda alguém algum alguma alguns ao aos apenas após aquela aquele aquilo as às assim até bem boa bom cada com como contra
cada da das de dela dele deles depois desde dessa desse desta deste deve devo do dos duas e é ela elas ele eles em embora enquanto entre era essa essas
esse esses esta está estão estar estas este estes estou eu faço favor fazer foi foram gostaria há isso isto já la lhe lo mais mas me mesmo meu meus
minha minhas muito muitos na nada não nas nem nenhum no nos nós nossa nosso num numa o obrigada obrigado olá onde ou outra outro para pela pelas
pelo pelos per pode podem poderia pois por porque porquê posso preciso qual quais qualquer quando quanta quanto quantos que quê quem quer quero se seja sem
sempre ser será seu seus sim só sobre sou sua suas são também tanto te tem têm tenho ter teu toda todas todo todos tu tua tudo um uma umas uns
vai você vocês vou`
